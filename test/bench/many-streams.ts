import { interleaved } from "./interleave.ts";
import { bareTarget, directTarget, messageTarget, withServers } from "./rig.ts";
import { counted, summary } from "./statistics.ts";
import { takeTurn } from "./turn.ts";
import type { Figure } from "./figure.ts";
import type { Prepared, Rig } from "./rig.ts";
import type { Target, Timing } from "./turn.ts";

const streams = 64;

/** A piece every millisecond, faster than providers answer: 64 streams are open side by side, and none waits for the model. */
const fast = "[[slow 1]][[words 50]] side by side";
/** No pause at all: nothing streams, 64 whole turns are worked off. Reported, because it shows what a turn costs. */
const burst = "[[words 50]] all at once";
/** As a provider would: half a second for 50 pieces. */
const usual = "[[slow 10]][[words 50]] at leisure";

/** `rounds` times 64 turns at a time for each variant in turn, after one round whose times do not count. */
export async function measureManyStreams(rig: Rig, prepared: Prepared, rounds: number): Promise<Figure[]> {
  return withServers([rig.bare, prepared.program], async (bareServer, server) => {
    if (bareServer === undefined || server === undefined) throw new Error("two servers are needed");
    const targets = [directTarget(rig), bareTarget(bareServer), messageTarget(server, prepared)];
    const [directFast, bareFast, holdfastFast] = await measure(targets, fast, rounds);
    const [, bareBurst, holdfastBurst] = await measure(targets, burst, rounds);
    const [, bareUsual, holdfastUsual] = await measure(targets, usual, Math.ceil(rounds / 3));
    if (!directFast || !bareFast || !holdfastFast || !bareBurst || !holdfastBurst || !bareUsual || !holdfastUsual) throw new Error("a variant is missing");
    const errors = [holdfastFast, holdfastBurst, holdfastUsual].flatMap((outcome) => outcome.errors);
    const bareErrors = [bareFast, bareBurst, bareUsual].flatMap((outcome) => outcome.errors);
    for (const error of new Set([...errors, ...bareErrors].slice(0, 5))) console.error(error);
    return [
      { what: "64 streams, whole turn", unit: "ms", against: whole(bareFast), holdfast: whole(holdfastFast), judged: { by: "ratio", limit: 4 } },
      { what: "  first text", unit: "ms", against: first(bareFast), holdfast: first(holdfastFast) },
      { what: "  whole turn against a direct call", unit: "ms", against: whole(directFast), holdfast: whole(holdfastFast) },
      { what: "  whole turn, a piece every 10 ms", unit: "ms", against: whole(bareUsual), holdfast: whole(holdfastUsual) },
      { what: "  whole turn, 64 at once, no pauses", unit: "ms", against: whole(bareBurst), holdfast: whole(holdfastBurst) },
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
