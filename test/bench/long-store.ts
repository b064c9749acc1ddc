import { interleaved } from "./interleave.ts";
import { start } from "./process.ts";
import { messageTarget, withServers } from "./rig.ts";
import { withFoundation } from "./open-data.ts";
import { seed } from "./seed.ts";
import { summary } from "./statistics.ts";
import { takeTurn } from "./turn.ts";
import type { Figure } from "./figure.ts";
import type { Prepared, Rig } from "./rig.ts";
import type { Target, Timing } from "./turn.ts";

const prompt = "[[words 50]] How are you today?";
const limit = { by: "ratio", limit: 1.2 } as const;

/**
 * Turns beside `stored` messages against turns beside none: those that begin a conversation, and those that go on with
 * the longest one, which is held against going on with one that just fills the context window.
 */
export async function measureLongStore(rig: Rig, stored: number, rounds: number): Promise<Figure[]> {
  const empty = await rig.prepare("none-stored");
  const full = await rig.prepare("many-stored");
  const many = stored.toLocaleString("en");
  const [longest = ""] = await fill(full, [stored / 10, ...Array.from({ length: (stored * 0.9) / 100 }, () => 100)]);

  const ready = await interleaved([empty, full], 5, readyMs);
  const begun = await turnsInTurn([empty, full], rounds);
  const [short = ""] = await fill(empty, [300]);
  const continued = await turnsInTurn([empty, full], rounds, [short, longest]);

  return [
    { what: `${many} messages stored, first text`, unit: "ms", ...pair(begun, (timing) => timing.firstTextMs), judged: limit },
    { what: `${many} messages stored, whole turn`, unit: "ms", ...pair(begun, (timing) => timing.wholeMs), judged: limit },
    { what: "longest conversation, first text", unit: "ms", ...pair(continued, (timing) => timing.firstTextMs), judged: limit },
    { what: "longest conversation, whole turn", unit: "ms", ...pair(continued, (timing) => timing.wholeMs), judged: limit },
    { what: `  ready beside ${many} messages`, unit: "ms", ...pair(ready, (ms) => ms) },
  ];
}

function fill(prepared: Prepared, messageCounts: readonly number[]): Promise<string[]> {
  const all = messageCounts.reduce((sum, count) => sum + count, 0);
  let told = 0;
  return withFoundation(prepared, (foundation, person) => seed(foundation, person, messageCounts, (done) => {
    if (done < told + all / 20) return;
    told = done;
    console.error(`  ${done.toLocaleString("en")} of ${all.toLocaleString("en")} messages stored`);
  }));
}

async function turnsInTurn(stores: readonly Prepared[], rounds: number, conversations: readonly string[] = []): Promise<Timing[][]> {
  return withServers(stores.map(({ program }) => program), async (...servers) => {
    const targets = servers.flatMap((server, index): Target[] => {
      const store = stores[index];
      const conversation = conversations[index];
      return store === undefined ? [] : [{ ...messageTarget(server, store), ...(conversation === undefined ? {} : { conversation }) }];
    });
    await interleaved(targets, 30, (target) => takeTurn(target, prompt));
    return interleaved(targets, rounds, (target) => takeTurn(target, prompt));
  });
}

async function readyMs({ program }: Prepared): Promise<number> {
  const server = await start(program);
  await server.stop();
  return server.readyMs;
}

function pair<T>([none = [], many = []]: readonly T[][], pick: (sample: T) => number): Pick<Figure, "against" | "holdfast"> {
  return { against: summary(none.map(pick)), holdfast: summary(many.map(pick)) };
}
