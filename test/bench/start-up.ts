import { setTimeout as wait } from "node:timers/promises";
import { interleaved } from "./interleave.ts";
import { start } from "./process.ts";
import { counted, summary } from "./statistics.ts";
import type { Figure } from "./figure.ts";
import type { Memory, Program } from "./process.ts";
import type { Prepared, Rig } from "./rig.ts";

/** Idle means: a second after the first healthy reply, when start-up work has ended. */
const settleMs = 1000;

/** Starts each program `rounds` times in turn, and reads its memory when it has come to rest. */
export async function measureStartUp(rig: Rig, prepared: Prepared, rounds: number): Promise<Figure[]> {
  await startOnce(rig.bare); // Node's own binary is in the page cache from here on, for both
  const [bare = [], holdfast = []] = await interleaved([rig.bare, prepared.program], rounds, startOnce);
  function compare(pick: (sample: Start) => number): Pick<Figure, "against" | "holdfast"> {
    return { against: summary(bare.map(pick)), holdfast: summary(holdfast.map(pick)) };
  }
  return [
    { what: "ready", unit: "ms", ...compare((sample) => sample.readyMs), judged: { by: "ratio", limit: 3 } },
    { what: "very first start", unit: "ms", against: summary(bare.map((sample) => sample.readyMs)), holdfast: counted(prepared.firstReadyMs) },
    { what: "idle memory", unit: "MB", ...compare((sample) => sample.memory.resident), judged: { by: "ratio", limit: 1.6 } },
    { what: "idle memory, anonymous part", unit: "MB", ...compare((sample) => sample.memory.anonymous) },
  ];
}

interface Start {
  readonly readyMs: number;
  readonly memory: Memory;
}

async function startOnce(program: Program): Promise<Start> {
  const server = await start(program);
  try {
    await wait(settleMs);
    return { readyMs: server.readyMs, memory: server.memory() };
  } finally {
    await server.stop();
  }
}
