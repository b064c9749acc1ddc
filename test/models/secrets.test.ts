import { describe, expect, it } from "vitest";
import type { TestApp } from "../support/test-app.ts";
import { KEY, fakeProvider, rawProvider } from "./support/provider.ts";

/** Every byte of the store, the log and the audit log. */
async function everything({ store, lines, services }: TestApp): Promise<string> {
  const [tables = []] = await store.read([{ sql: "SELECT name FROM sqlite_master WHERE type = 'table'", params: [] }]);
  const rows = await store.read(tables.map(({ name }) => ({ sql: `SELECT * FROM ${String(name)}`, params: [] })));
  const bytes = rows.flat().flatMap((row) => Object.values(row)).map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value)));
  return [...bytes, ...lines, JSON.stringify(await services.foundation.ledger.page(0, 1000))].join("\n");
}

describe("the provider's key", () => {
  it("repeated in an error reaches neither the person, nor the log, nor the audit log, nor the store", async () => {
    const { ada, app, fake, host } = await fakeProvider();

    const answer = await ada.ask({ text: "[[key-in-error]]" });

    expect(fake.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(answer.end).toMatchObject({ state: "interrupted", problem: { reason: "model_refused", detail: `${host} answered 401: Incorrect API key provided: Bearer [secret]` } });
    const shown = JSON.stringify([answer, await ada.turns(answer.conversation), (await ada.get(`/api/turns/${answer.turn}/sent`)).body, (await ada.get("/api/me")).body]);
    expect(shown).not.toContain(KEY);
    expect(await everything(app)).not.toContain(KEY);
  });

  it.each([
    ["bare", (key: string) => `no credit for ${key}.`, "no credit for [secret]."],
    ["several times", (key: string) => `${key} ${key}`, "[secret] [secret]"],
    ["in an address", (key: string) => `see https://x.test/?key=${key}&a=1`, "see https://x.test/?key=[secret]&a=1"],
    ["at the edge where the message is cut", (key: string) => `${"x".repeat(290)}${key}`, `${"x".repeat(290)}[secret]`],
  ])("is masked %s", async (_name, say, expected) => {
    const { ada, host } = await rawProvider((response) => response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ error: { message: say(KEY) } })));

    expect((await ada.ask({ text: "Hello" })).end["problem"]).toMatchObject({ detail: `${host} answered 400: ${expected}` });
  });

  it("is masked in an error that is a string, and in one in the middle of a stream", async () => {
    const replies = [
      [401, "application/json", JSON.stringify({ error: `bad key ${KEY}` })],
      [200, "text/event-stream", `data: ${JSON.stringify({ error: { message: `bad key ${KEY}` } })}\n\n`],
      [200, "text/event-stream", `data: {"bad key": "${KEY}"\n\n`],
      [200, "text/html", KEY],
    ] as const;
    let next = 0;
    const { ada, app } = await rawProvider((response) => {
      const [status, type, body] = replies[next++] ?? replies[0];
      response.writeHead(status, { "content-type": type }).end(body);
    });

    const ends = [];
    while (next < replies.length) ends.push(await ada.ask({ text: "Hello" }));

    expect(ends.map(({ end }) => end["state"])).toEqual(replies.map(() => "interrupted"));
    expect(JSON.stringify(ends)).not.toContain(KEY);
    expect(await everything(app)).not.toContain(KEY);
  });

  it("is in no reply of an admin command", async () => {
    const { app, ada } = await fakeProvider();
    const headers = { ...(await app.key(ada.person, "admin")) };

    const replies = await Promise.all(["model/show", "settings/show", "audit/show"].map(async (name) => (await app.post(`/api/admin/${name}`, {}, headers)).text()));

    expect(replies[0]).toContain("test-model");
    expect(replies.join("\n")).not.toContain(KEY);
  });
});
