/**
 * Takes `rounds` samples of each variant, one of each a round and every other round in reverse order, so that a noisy
 * machine hits all of them alike. Returns the samples of each variant, in the order of the variants.
 */
export async function interleaved<V, S>(variants: readonly V[], rounds: number, sample: (variant: V) => Promise<S>): Promise<S[][]> {
  const all = variants.map((variant) => ({ variant, samples: [] as S[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { variant, samples } of round % 2 === 0 ? all : all.toReversed()) samples.push(await sample(variant));
  }
  return all.map(({ samples }) => samples);
}
