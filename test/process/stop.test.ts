import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { startFakeModel } from "../fakes/model.ts";
import type { FakeModel } from "../fakes/model.ts";
import { runAdmin, startServerProcess, temporaryData } from "../support/server-process.ts";
import { checkConversation, createStoreCheck } from "./support/after-crash.ts";
import { createAsker, newAsk } from "./support/asker.ts";
import type { Asked, Asker } from "./support/asker.ts";

const tooLong = process.env["HOLDFAST_TEST_LONG"] === "1" ? undefined : "stopping a turn that does not end takes half a minute; npm run test:long does it";
if (tooLong !== undefined) console.warn(`skipped: ${tooLong}`);

let fake: FakeModel;
let data: ReturnType<typeof temporaryData>;
let key: string;
const env = () => ({ HOLDFAST_MODEL_PROVIDER: "openai-compatible", HOLDFAST_MODEL_NAME: "fake-model", HOLDFAST_MODEL_BASE_URL: fake.url });

beforeAll(async () => {
  fake = await startFakeModel();
});
afterAll(() => fake.close());
beforeEach(async () => {
  fake.requests.length = 0;
  data = temporaryData();
  key = (await runAdmin(data.path, ["key", "create", "test"])).trim().split("\n").at(-1) ?? "";
});
afterEach(() => data.remove());

/** What this conversation looks like to the next server. */
async function afterwards(asked: Asked): Promise<unknown> {
  const server = await startServerProcess(data.path, env());
  await createStoreCheck(data.path).check();
  const [turn] = await checkConversation(createAsker(server.url, key), [asked]);
  await server.stop();
  return turn;
}

/** Resolves when the first piece of the answer has come; `over` when the stream is. */
async function underWay(asker: Asker, asked: Asked): Promise<{ readonly over: Promise<void> }> {
  const begun = Promise.withResolvers<void>();
  const over = asker.ask(asked, (event) => event === "text" && begun.resolve());
  await begun.promise;
  return { over };
}

it.each(["SIGTERM", "SIGINT"] as const)("%s lets a turn in flight end whole, takes nothing new, and ends with code 0", async (signal) => {
  const server = await startServerProcess(data.path, env());
  const asker = createAsker(server.url, key);
  const asked = newAsk("a few words to say again ".repeat(8), undefined, 60);
  const { over } = await underWay(asker, asked);
  const ended = server.stop(signal);
  await expect.poll(server.output).toContain("stopping: answers in flight are finished first; once more stops at once\n");
  // The listener is closed, or what came in on an open connection is refused.
  const late = await fetch(`${server.url}/api/messages`, { method: "POST", headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, body: JSON.stringify({ update: "late", text: "late" }) }).then(
    ({ status }) => status,
    () => "closed",
  );
  expect([503, "closed"]).toContain(late);
  await over;
  expect({ end: asked.end, seen: asked.seen }).toEqual({ end: "complete", seen: asked.expected });
  expect(await ended).toBe(0);
  expect(await afterwards(asked)).toMatchObject({ state: "complete", answer: asked.expected });
});

it("a turn whose reader has gone is ended whole as well", async () => {
  const server = await startServerProcess(data.path, env());
  const asked = newAsk("a few words to say again ".repeat(8), undefined, 60);
  const reader = new AbortController();
  const response = await fetch(`${server.url}/api/messages`, { method: "POST", signal: reader.signal, headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, body: JSON.stringify({ update: asked.update, text: asked.text }) });
  expect(response.status).toBe(200);
  reader.abort();
  expect(await server.stop()).toBe(0);
  const next = await startServerProcess(data.path, env());
  // The same message again leads to the turn that it began.
  await createAsker(next.url, key).ask(asked);
  await next.stop();
  expect({ end: asked.end, seen: asked.seen }).toEqual({ end: "complete", seen: asked.expected });
  expect(fake.requests.filter(({ body }) => JSON.stringify(body).includes(asked.text))).toHaveLength(1);
});

it("a second SIGTERM stops at once, with code 1; the turn can be asked again", async () => {
  const server = await startServerProcess(data.path, env());
  const asked = { ...newAsk("", undefined, 0), text: "[[slow 20]] [[never-ends]] Hello" };
  const { over } = await underWay(createAsker(server.url, key), asked);
  const ended = server.stop();
  await expect.poll(server.output).toContain("stopping: ");
  server.process.kill("SIGTERM");
  expect(await ended).toBe(1);
  await over;
  expect(asked.end).toBe(undefined);
  expect(await afterwards(asked)).toMatchObject({ state: "interrupted", problem: { reason: "crashed", fix: "ask again" } });
});

it.skipIf(tooLong !== undefined)("a turn that does not end in half a minute is stopped, and keeps what there was of it", { timeout: 60_000 }, async () => {
  const server = await startServerProcess(data.path, env());
  const asked = { ...newAsk("", undefined, 0), text: "[[slow 200]] [[never-ends]] Hello", expected: "and on ".repeat(1_000), stopped: true };
  const { over } = await underWay(createAsker(server.url, key), asked);
  expect(await server.stop()).toBe(0);
  await over;
  expect(asked.end).toBe("stopped");
  expect(await afterwards(asked)).toMatchObject({ state: "stopped", answer: asked.seen });
});

it("a reader who has stopped reading does not hold up the end", async () => {
  const server = await startServerProcess(data.path, env());
  const response = await fetch(`${server.url}/api/messages`, { method: "POST", headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, body: JSON.stringify({ update: "one", text: "[[huge]] Hello" }) });
  expect(response.status).toBe(200);
  expect(await server.stop()).toBe(0);
  await response.body?.cancel().catch(() => undefined);
});
