import { bareTarget, directTarget, messageTarget, withServers } from "./rig.ts";
import { counted, summary } from "./statistics.ts";
import { takeTurn } from "./turn.ts";
import type { Figure } from "./figure.ts";
import type { Prepared, Rig } from "./rig.ts";
import type { Target, Timing } from "./turn.ts";

const streams = 64;

/** The model answers at once: all the work of 64 turns falls together, the hardest case. */
const burst = "[[words 50]] all at once";
/** The model takes half a second, so that 64 streams are really open side by side. */
const paced = "[[slow 10]][[words 50]] side by side";

/** `rounds` times 64 turns at a time for each variant in turn, after one round that does not count. */
export async function measureManyStreams(rig: Rig, prepared: Prepared, rounds: number): Promise<Figure[]> {
  return withServers([rig.bare, prepared.program], async (bareServer, server) => {
    if (bareServer === undefined || server === undefined) throw new Error("two servers are needed");
    const targets = [directTarget(rig), bareTarget(bareServer), messageTarget(server, prepared)];
    const [directBurst, bareBurst, holdfastBurst] = await measure(targets, burst, rounds);
    const [, barePaced, holdfastPaced] = await measure(targets, paced, Math.ceil(rounds / 3));
    if (directBurst === undefined || bareBurst === undefined || holdfastBurst === undefined) throw new Error("a variant is missing");
    if (barePaced === undefined || holdfastPaced === undefined) throw new Error("a variant is missing");
    const errors = [...holdfastBurst.errors, ...holdfastPaced.errors];
    const bareErrors = [...bareBurst.errors, ...barePaced.errors];
    for (const error of new Set([...errors, ...bareErrors].slice(0, 5))) console.error(error);
    return [
      { what: "64 streams, whole turn", unit: "ms", bare: whole(bareBurst), holdfast: whole(holdfastBurst), judged: { by: "ratio", limit: 4 } },
      { what: "  first text", unit: "ms", bare: first(bareBurst), holdfast: first(holdfastBurst) },
      { what: "  whole turn against a direct call", unit: "ms", bare: whole(directBurst), holdfast: whole(holdfastBurst) },
      { what: "  whole turn, model takes 0.5 s", unit: "ms", bare: whole(barePaced), holdfast: whole(holdfastPaced) },
      { what: "64 streams, failed turns", unit: "turns", bare: counted(bareErrors.length), holdfast: counted(errors.length), judged: { by: "value", limit: 0 } },
    ];
  });
}

interface Outcome {
  readonly timings: Timing[];
  readonly errors: string[];
}

async function measure(targets: readonly Target[], prompt: string, rounds: number): Promise<Outcome[]> {
  const outcomes = targets.map((): Outcome => ({ timings: [], errors: [] }));
  for (let round = -1; round < rounds; round += 1) {
    for (const [index, target] of targets.entries()) {
      const results = await Promise.allSettled(Array.from({ length: streams }, () => takeTurn(target, prompt)));
      for (const result of results) {
        if (result.status === "rejected") outcomes[index]?.errors.push(String(result.reason));
        else if (round >= 0) outcomes[index]?.timings.push(result.value);
      }
    }
  }
  return outcomes;
}

function whole(outcome: Outcome) {
  return summary(outcome.timings.map((timing) => timing.wholeMs));
}

function first(outcome: Outcome) {
  return summary(outcome.timings.map((timing) => timing.firstTextMs));
}
