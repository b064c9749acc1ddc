/** Order statistics of one measured variant. */
export interface Summary {
  readonly p50: number;
  readonly p95: number;
  /** Number of samples. */
  readonly n: number;
}

/** @throws {RangeError} without samples */
export function summary(samples: readonly number[]): Summary {
  return { p50: quantile(samples, 0.5), p95: quantile(samples, 0.95), n: samples.length };
}

/** A value that was counted once, not sampled. */
export function counted(value: number): Summary {
  return { p50: value, p95: value, n: 1 };
}

/** Linear between the two nearest samples, as numpy and R (type 7) do by default. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)];
  const high = sorted[Math.ceil(at)];
  if (low === undefined || high === undefined) throw new RangeError("no samples to summarise");
  return low + (high - low) * (at - Math.floor(at));
}
