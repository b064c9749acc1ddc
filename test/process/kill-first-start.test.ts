/** kill -9 while the data directory, the key ring, the store and its first person are being made. HOLDFAST_TEST_SEED repeats a run's choices. */
import { afterEach, expect, it } from "vitest";
import { runAdmin, startServerProcess, temporaryData } from "../support/server-process.ts";
import { createStoreCheck } from "./support/after-crash.ts";
import { killWhileStarting } from "./support/kill.ts";
import { seeded } from "./support/random.ts";

const TIMES = process.env["HOLDFAST_TEST_LONG"] === "1" ? 1_000 : 25;
const seed = Number(process.env["HOLDFAST_TEST_SEED"] ?? Date.now() % 1_000_000);

let data = temporaryData();
afterEach(() => data.remove());

it(`a first start that is killed at any moment leaves nothing that the next one stumbles over, ${TIMES} times`, { timeout: TIMES * 3_000 }, async () => {
  console.log(`kill -9 in the first start: ${TIMES} times, HOLDFAST_TEST_SEED=${seed}`);
  const random = seeded(seed);
  for (let time = 1; time <= TIMES; time += 1) {
    data.remove();
    data = temporaryData();
    await killWhileStarting(data.path, {}, random);
    if (random.next() < 0.5) await killWhileStarting(data.path, {}, random);

    const server = await startServerProcess(data.path);
    await createStoreCheck(data.path).check();
    const [, ...people] = (await runAdmin(data.path, ["people", "list"])).trim().split("\n");
    expect(people).toEqual([expect.stringContaining(" owner ")]);
    expect(await runAdmin(data.path, ["link"])).toContain(`${server.url}/#link=`);
    expect(await server.stop()).toBe(0);
  }
});
