import { once } from "node:events";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runAdmin, spawnServer, startServerProcess, temporaryData, untilItListens } from "../support/server-process.ts";
import { refusedStart } from "./support/refused-start.ts";

let data: ReturnType<typeof temporaryData>;
beforeEach(() => {
  data = temporaryData();
});
afterEach(() => data.remove());

it("a second server on the same data is refused, and told where the first one is; the first one goes on", async () => {
  const first = await startServerProcess(data.path);
  expect(await refusedStart(data.path)).toEqual({
    code: 1,
    stdout: "",
    stderr: `holdfast did not start: another server uses the data in ${data.path}: process ${first.process.pid}, at ${first.url}. Use that one, or stop it first\n`,
  });
  expect(await (await fetch(`${first.url}/healthz`)).json()).toMatchObject({ status: "ok" });
  expect(await runAdmin(data.path, ["link"])).toContain(`${first.url}/#link=`);
  expect(await first.stop()).toBe(0);
});

it("after kill -9 there is no lock to clean up: the next one starts, and it is the one that others are told of", async () => {
  const first = await startServerProcess(data.path);
  await first.stop("SIGKILL");
  const second = await startServerProcess(data.path);
  const { code, stderr } = await refusedStart(data.path);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`process ${second.process.pid}, at ${second.url}.`) });
  expect(await second.stop()).toBe(0);
});

it("of five that start at the same moment on new data, exactly one runs", async () => {
  const children = Array.from({ length: 5 }, () => spawnServer(data.path));
  const ended = children.map((child) => once(child, "exit"));
  const started = await Promise.allSettled(children.map(untilItListens));
  const [running, ...others] = started.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
  const refusals = started.flatMap((start) => (start.status === "rejected" ? [String(start.reason)] : []));
  expect(others).toEqual([]);
  expect(refusals).toEqual(Array.from({ length: 4 }, () => expect.stringMatching(/the server ended with 1: holdfast did not start: another server uses the data in /)));
  expect(await running?.stop()).toBe(0);
  await Promise.all(ended);
});

it("two sets of data have each their own server, at ports of their own", async () => {
  const other = temporaryData();
  const [one, two] = await Promise.all([startServerProcess(data.path), startServerProcess(other.path)]);
  expect(new Set([one.url, two.url]).size).toBe(2);
  expect(await Promise.all([one.stop(), two.stop()])).toEqual([0, 0]);
  other.remove();
});
