import { setTimeout as wait } from "node:timers/promises";
import { fsyncTimes } from "./fsync.ts";
import { interleaved } from "./interleave.ts";
import { bareTarget, completionTarget, directTarget, messageTarget, withServers } from "./rig.ts";
import { counted, summary } from "./statistics.ts";
import { takeTurn } from "./turn.ts";
import type { Figure } from "./figure.ts";
import type { Prepared, Rig } from "./rig.ts";
import type { Summary } from "./statistics.ts";

/** What a turn may add on top of the one durable write that it cannot do without. */
const allowedMs = 3;
/** An answer at once, so that every millisecond is the server's own. */
const prompt = "[[words 50]] How are you today?";

/** One client, one turn at a time, `rounds` of each variant in turn; first 20 turns each, after which memory is read. */
export async function measureOneClient(rig: Rig, prepared: Prepared, rounds: number): Promise<Figure[]> {
  return withServers([rig.bare, prepared.program], async (bareServer, server) => {
    if (bareServer === undefined || server === undefined) throw new Error("two servers are needed");
    const targets = [directTarget(rig), bareTarget(bareServer), messageTarget(server, prepared), completionTarget(server, prepared)];
    await interleaved(targets.slice(0, 3), 20, (target) => takeTurn(target, prompt));
    await wait(1000);
    const memory = { bare: bareServer.memory(), holdfast: server.memory() };
    await interleaved(targets, 20, (target) => takeTurn(target, prompt));

    const syncs: number[] = [];
    const timings = await interleaved(targets, rounds, async (target) => {
      syncs.push(...fsyncTimes(prepared.folder, 1));
      return takeTurn(target, prompt);
    });
    const [direct, bare, message, completion] = timings.map((of) => ({ first: summary(of.map((t) => t.firstTextMs)), whole: summary(of.map((t) => t.wholeMs)) }));
    if (direct === undefined || bare === undefined || message === undefined || completion === undefined) throw new Error("a variant is missing");
    const sync = summary(syncs);
    const added = { by: "difference", limit: sync.p50 + allowedMs } as const;
    return [
      { what: "memory after 20 turns", unit: "MB", against: counted(memory.bare.resident), holdfast: counted(memory.holdfast.resident) },
      { what: "memory after 20 turns, anonymous", unit: "MB", against: counted(memory.bare.anonymous), holdfast: counted(memory.holdfast.anonymous) },
      { what: "added time to first text, one client", unit: "ms", against: bare.first, holdfast: message.first, judged: added },
      compare("  the same against a direct call", direct.first, message.first),
      compare("  /v1 (not kept) against bare", bare.first, completion.first),
      compare("whole turn, one client", bare.whole, message.whole),
      compare("  /v1 (not kept) against bare", bare.whole, completion.whole),
      { what: "one durable write of 4 KB here", unit: "ms", holdfast: sync },
    ];
  });
}

function compare(what: string, against: Summary, holdfast: Summary): Figure {
  return { what, unit: "ms", against, holdfast };
}
