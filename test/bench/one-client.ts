import { setTimeout as wait } from "node:timers/promises";
import { fsyncTimes } from "./fsync.ts";
import { bareTarget, completionTarget, directTarget, messageTarget, withServers } from "./rig.ts";
import { counted, summary } from "./statistics.ts";
import { takeTurn } from "./turn.ts";
import type { Figure } from "./figure.ts";
import type { Prepared, Rig } from "./rig.ts";
import type { Summary } from "./statistics.ts";
import type { Timing } from "./turn.ts";

/** What a turn may add on top of the one durable write that it cannot do without. */
const allowedMs = 3;
/** An answer at once, so that every millisecond is the server's own. */
const prompt = "[[words 50]] How are you today?";

/** One client, one turn at a time, `rounds` of each variant in turn; first 20 turns each, after which memory is read. */
export async function measureOneClient(rig: Rig, prepared: Prepared, rounds: number): Promise<Figure[]> {
  return withServers([rig.bare, prepared.program], async (bareServer, server) => {
    if (bareServer === undefined || server === undefined) throw new Error("two servers are needed");
    const targets = [directTarget(rig), bareTarget(bareServer), messageTarget(server, prepared), completionTarget(server, prepared)];
    for (let turn = 0; turn < 20; turn += 1) for (const target of targets.slice(0, 3)) await takeTurn(target, prompt);
    await wait(1000);
    const memory = { bare: bareServer.memory(), holdfast: server.memory() };
    for (let turn = 0; turn < 20; turn += 1) for (const target of targets) await takeTurn(target, prompt);

    const timings = targets.map((): Timing[] => []);
    const syncs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, target] of targets.entries()) timings[index]?.push(await takeTurn(target, prompt));
      syncs.push(...fsyncTimes(prepared.folder, 1));
    }

    const [direct, bare, message, completion] = timings.map((of) => ({ first: summary(of.map((t) => t.firstTextMs)), whole: summary(of.map((t) => t.wholeMs)) }));
    if (direct === undefined || bare === undefined || message === undefined || completion === undefined) throw new Error("a variant is missing");
    const sync = summary(syncs);
    const added = { by: "difference", limit: sync.p50 + allowedMs } as const;
    return [
      { what: "memory after 20 turns", unit: "MB", bare: counted(memory.bare.resident), holdfast: counted(memory.holdfast.resident) },
      { what: "memory after 20 turns, anonymous", unit: "MB", bare: counted(memory.bare.anonymous), holdfast: counted(memory.holdfast.anonymous) },
      { what: "added time to first text, one client", unit: "ms", bare: bare.first, holdfast: message.first, judged: added },
      against("  the same against a direct call", direct.first, message.first),
      against("  /v1 (not kept) against bare", bare.first, completion.first),
      against("whole turn, one client", bare.whole, message.whole),
      against("  /v1 (not kept) against bare", bare.whole, completion.whole),
      { what: "one durable write of 4 KB here", unit: "ms", holdfast: sync },
    ];
  });
}

function against(what: string, bare: Summary, holdfast: Summary): Figure {
  return { what, unit: "ms", bare, holdfast };
}
