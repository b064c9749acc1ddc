import { describe, expect, it } from "vitest";
import { chatter, gate } from "../chat/support/chatter.ts";
import { failingStore } from "../chat/support/failing-store.ts";
import { openNodeStore } from "../../runtime/store/node-sqlite.ts";
import type { Row, Store } from "../../runtime/ports.ts";
import { createTestApp } from "../support/test-app.ts";
import { programOf } from "./support/openai-client.ts";

const WORDS = "canary-question-81c4";

async function setUp() {
  const app = await createTestApp();
  const ada = await chatter(app);
  return { app, ada, ...(await programOf(app, ada.person)) };
}

const say = (content: string) => ({ model: "scripted", messages: [{ role: "user" as const, content }] });

/** Every row of every table. */
async function allRows(store: Store): Promise<Record<string, Row[]>> {
  const [tables = []] = await store.read([{ sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", params: [] }]);
  const names = tables.map(({ name }) => String(name));
  const rows = await store.read(names.map((name) => ({ sql: `SELECT * FROM ${name}`, params: [] })));
  return Object.fromEntries(names.map((name, index) => [name, rows[index] ?? []]));
}

describe("what a program sends without asking to store it", () => {
  it("leaves ids, times and counts in the store, and nothing else: no message, no conversation, no sealed bytes", async () => {
    const { app, client } = await setUp();
    await client.models.list();
    const before = await allRows(app.store);

    await client.chat.completions.create(say(WORDS));

    const after = await allRows(app.store);
    const added = Object.fromEntries(Object.entries(after).map(([name, rows]) => [name, rows.filter((row) => !before[name]?.some((old) => JSON.stringify(old) === JSON.stringify(row)))]).filter(([, rows]) => rows?.length));
    expect(Object.keys(added)).toEqual(["audit", "inbox", "turns", "usage_days", "usage_minutes"]);
    expect(added["turns"]).toMatchObject([{ conversation_id: null, ask_seq: null, answer_seq: null, channel: "api", state: "complete", input_tokens: 10, output_tokens: 5, reserved: 0 }]);
    expect([after["messages"], after["conversations"]]).toEqual([[], []]);
    expect(Object.values(added).flat().flatMap((row) => Object.values(row ?? {})).filter((value) => value instanceof Uint8Array)).toEqual([]);
    expect(JSON.stringify(after)).not.toContain(WORDS);
    expect(app.lines).toEqual([]);
  });

  it("is not shown on the page, and there is no record of what was sent", async () => {
    const { ada, client } = await setUp();

    const { id } = await client.chat.completions.create(say(WORDS));

    expect((await ada.get("/api/conversations")).body).toEqual({ conversations: [] });
    expect(await ada.get(`/api/turns/${id.slice("chatcmpl-".length)}/sent`)).toMatchObject({ status: 404, body: { reason: "nothing_sent" } });
    expect((await ada.get("/api/usage")).body).toMatchObject({ days: [{ requests: 1, inputTokens: 10, outputTokens: 5 }] });
  });

  it("is in its own context alone: the next request knows nothing of it", async () => {
    const { app, client } = await setUp();
    await client.chat.completions.create(say(WORDS));
    await client.chat.completions.create(say("Hello"));

    expect(app.model.requests[1]?.messages).toEqual([{ role: "user", text: "Hello" }]);
  });

  it("is stopped also when the program left before the model was asked", async () => {
    const store = failingStore(openNodeStore(":memory:"));
    const app = await createTestApp({ store });
    const ada = await chatter(app);
    const { client, left } = await programOf(app, ada.person);
    const [reached, { held, open }] = [gate(), gate()];
    app.model.stream = async function* endless(_request, signal) {
      yield { type: "text", text: "said to nobody" };
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    };
    store.before = async (operation, statements) => {
      if (operation !== "write" || !statements.some(({ sql }) => sql.startsWith("INSERT INTO inbox"))) return;
      reached.open();
      await held;
    };
    const leaving = new AbortController();
    const call = client.chat.completions.create(say("Hello"), { signal: leaving.signal }).catch(() => "left");
    await reached.held;
    leaving.abort();
    expect(await call).toBe("left");
    await expect.poll(left).toBe(1);
    open();

    await expect.poll(async () => (await store.read([{ sql: "SELECT state FROM turns", params: [] }]))[0]).toEqual([{ state: "stopped" }]);
  });
});

describe("what a program asks to store", () => {
  it("is a conversation on the page, which goes on there", async () => {
    const { app, ada, client } = await setUp();
    await client.chat.completions.create({ model: "scripted", store: true, messages: [{ role: "system", content: "Be brief." }, { role: "user", content: "One" }, { role: "assistant", content: "Uno" }, { role: "user", content: "Two" }] });

    const [conversation] = (await ada.get("/api/conversations")).body["conversations"] as { id: string; title: string }[];
    const turns = await ada.turns(conversation?.id ?? "");
    await ada.ask({ conversation: conversation?.id, text: "Three" });

    expect([conversation?.title, turns.map(({ ask, answer, state }) => [ask, answer, state])]).toEqual(["Two", [["Two", "You said: Two", "complete"]]]);
    expect(app.model.requests.map(({ messages }) => messages.map(({ text }) => text))).toEqual([["One", "Uno", "Two"], ["One", "Uno", "Two", "You said: Two", "Three"]]);
    expect((await ada.get(`/api/turns/${turns[0]?.id}/sent`)).body).toMatchObject({ system: "Be brief.", messages: [{ role: "user", text: "One" }, { role: "assistant", text: "Uno" }, { role: "user", text: "Two" }] });
  });
});

describe("a repeated Idempotency-Key", () => {
  const once = { headers: { "idempotency-key": "k1" } };

  it("is one turn, and the same answer twice, when it is stored", async () => {
    const { app, client } = await setUp();
    const first = await client.chat.completions.create({ ...say("Hello"), store: true }, once);
    const second = await client.chat.completions.create({ ...say("Hello"), store: true }, once);

    expect(second).toEqual(first);
    expect(app.model.requests).toHaveLength(1);
  });

  it("is refused when the answer was not kept", async () => {
    const { app, client } = await setUp();
    await client.chat.completions.create(say("Hello"), once);

    await expect(client.chat.completions.create(say("Hello"), once)).rejects.toMatchObject({ status: 409, code: "already_handled", type: "invalid_request_error" });
    expect(app.model.requests).toHaveLength(1);
  });

  it("is refused while its turn runs, which goes on for the one that began it", async () => {
    const { app, client } = await setUp();
    const { held, open } = gate();
    app.model.script.push(["One ", held, "two"]);
    const first = client.chat.completions.create(say("Hello"), once);
    await expect.poll(() => app.model.requests.length).toBe(1);
    const second = await client.chat.completions.create(say("Hello"), once).catch((error: unknown) => error);
    open();

    expect(second).toMatchObject({ status: 409, code: "already_handled" });
    expect((await first).choices[0]?.message.content).toBe("One two");
    expect(app.model.requests).toHaveLength(1);
  });

  it.each(["", "with space", "x".repeat(201)])("that is no key is refused: '%s'", async (key) => {
    const { app, url, headers } = await setUp();
    const response = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { ...headers, "idempotency-key": key }, body: JSON.stringify(say("Hello")) });

    expect([response.status, app.model.requests]).toEqual([400, []]);
  });
});
