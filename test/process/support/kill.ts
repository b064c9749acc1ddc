/** kill -9, at a moment that chance chooses. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { spawnServer } from "../../support/server-process.ts";
import type { ServerProcess } from "../../support/server-process.ts";
import type { Asked, Asker } from "./asker.ts";
import type { Random } from "./random.ts";

/** About as long as a start takes. */
const START_MILLISECONDS = 130;
/** About as long as the answers take. */
const ANSWERS_MILLISECONDS = 200;

export async function killWhileStarting(data: string, env: Record<string, string>, random: Random): Promise<void> {
  const child = spawnServer(data, { env });
  const ended = once(child, "exit");
  await sleep(random.whole(0, START_MILLISECONDS));
  child.kill("SIGKILL");
  await ended;
}

/** Sends the messages at once, and kills the server after a while, or just after it said something to one or another. Some answers are stopped before. */
export async function killDuring({ process: child }: Pick<ServerProcess, "process">, asker: Asker, asked: readonly Asked[], random: Random): Promise<void> {
  const ended = once(child, "exit");
  const kill = (milliseconds: number) => setTimeout(() => child.kill("SIGKILL"), milliseconds);
  const moment = random.pick(["clock", "turn", "text", "end"]);
  const delay = moment === "clock" ? random.whole(0, ANSWERS_MILLISECONDS) : random.whole(0, 4);
  let before = random.whole(0, asked.length - 1);
  if (moment === "clock") kill(delay);
  const answers = Promise.all(
    asked.map((one) => {
      const stops = random.next() < 0.3;
      return asker.ask(one, (event) => {
        if (event === "text" && stops && !one.stopped) void asker.stop(one);
        if (event === moment && before-- === 0) kill(delay);
      });
    }),
  );
  await Promise.race([answers, ended]);
  child.kill("SIGKILL");
  await Promise.all([answers, ended]);
}
