import { interleaved } from "./interleave.ts";
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

/** `rounds` times 64 turns at a time for each variant in turn, after one round whose times do not count. */
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
      { what: "64 streams, whole turn", unit: "ms", against: whole(bareBurst), holdfast: whole(holdfastBurst), judged: { by: "ratio", limit: 4 } },
      { what: "  first text", unit: "ms", against: first(bareBurst), holdfast: first(holdfastBurst) },
      { what: "  whole turn against a direct call", unit: "ms", against: whole(directBurst), holdfast: whole(holdfastBurst) },
      { what: "  whole turn, model takes 0.5 s", unit: "ms", against: whole(barePaced), holdfast: whole(holdfastPaced) },
      { what: "64 streams, failed turns", unit: "turns", against: counted(bareErrors.length), holdfast: counted(errors.length), judged: { by: "value", limit: 0 } },
    ];
  });
}

interface Outcome {
  readonly timings: Timing[];
  readonly errors: string[];
}

async function measure(targets: readonly Target[], prompt: string, rounds: number): Promise<Outcome[]> {
  const warmUp = await interleaved(targets, 1, (target) => allAtOnce(target, prompt));
  const results = await interleaved(targets, rounds, (target) => allAtOnce(target, prompt));
  return results.map((of, index) => ({
    timings: of.flatMap(({ timings }) => timings),
    errors: [...(warmUp[index] ?? []), ...of].flatMap(({ errors }) => errors),
  }));
}

async function allAtOnce(target: Target, prompt: string): Promise<Outcome> {
  const results = await Promise.allSettled(Array.from({ length: streams }, () => takeTurn(target, prompt)));
  return {
    timings: results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])),
    errors: results.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : [])),
  };
}

function whole(outcome: Outcome) {
  return summary(outcome.timings.map((timing) => timing.wholeMs));
}

function first(outcome: Outcome) {
  return summary(outcome.timings.map((timing) => timing.firstTextMs));
}
