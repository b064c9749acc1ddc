import { describe, expect, it } from "vitest";
import { recoverTurns } from "../../runtime/chat/recover.ts";
import { readEvents } from "../support/events.ts";
import { createTestApp } from "../support/test-app.ts";

async function chat() {
  const test = await createTestApp({ env: { HOLDFAST_REQUESTS_PER_MINUTE: "1000" } });
  const browser = await test.signIn(await test.addPerson("Ada"));
  async function send(body: Record<string, unknown>) {
    const events = await readEvents(await test.post("/api/messages", { update: crypto.randomUUID(), ...body }, browser));
    return { turn: String(events[0]?.data["id"]), conversation: String(events[0]?.data["conversation"]) };
  }
  async function show(conversation: string, before = ""): Promise<{ turns: { ask: string; answer?: string }[]; next?: string }> {
    const response = await test.fetch(`/api/conversations/${conversation}${before}`, { headers: browser });
    expect(response.status).toBe(200);
    return (await response.json()) as Awaited<ReturnType<typeof show>>;
  }
  return { ...test, browser, send, show };
}

// The counterpart of hostile-turns.test.ts: no false alarm.
describe("turns that nobody touched", () => {
  it("are shown page by page, also when a page begins with a question that is asked again", async () => {
    const { send, show } = await chat();
    const first = await send({ text: "0" });
    const { conversation } = first;
    let newest = await send({ conversation, text: "1" });
    for (let n = 0; n < 55; n += 1) newest = n < 10 ? await send({ conversation, retry: newest.turn }) : await send({ conversation, text: String(n) });
    const page = await show(conversation);
    const older = await show(conversation, `?before=${page.next}`);
    expect([...older.turns, ...page.turns].map(({ ask }) => ask)).toEqual(["0", ...Array.from({ length: 11 }, () => "1"), ...Array.from({ length: 45 }, (_, n) => String(n + 10))]);
    expect(older.next).toBeUndefined();
    expect(page.turns[0]).toMatchObject({ ask: "1" });
  });

  it("are shown when answers were cut off, and asked for again", async () => {
    const { send, show, model, post, browser, services } = await chat();
    const { conversation } = await send({ text: "first" });
    model.script.push([new Promise(() => undefined)]);
    const response = await post("/api/messages", { update: "u", conversation, text: "second" }, browser);
    const id = /"id":"([\w-]+)"/.exec(new TextDecoder().decode((await response.body?.getReader().read())?.value))?.[1];
    expect((await show(conversation)).turns).toMatchObject([{ state: "complete" }, { ask: "second", state: "running" }]);
    await recoverTurns(services.foundation);
    expect((await show(conversation)).turns).toMatchObject([{ state: "complete" }, { id, ask: "second", state: "interrupted" }]);
  });

  it("are shown when a program brought earlier messages along", async () => {
    const { key, post, addPerson, fetch } = await chat();
    const program = await key(await addPerson("Bob"));
    const messages = ["one", "two", "three"].map((content, index) => ({ role: index % 2 === 0 ? "user" : "assistant", content }));
    expect((await post("/v1/chat/completions", { model: "scripted", messages, store: true }, program)).status).toBe(200);
    const { conversations } = (await (await fetch("/api/conversations", { headers: program })).json()) as { conversations: { id: string }[] };
    const page = await (await fetch(`/api/conversations/${conversations[0]?.id}`, { headers: program })).json();
    expect(page).toMatchObject({ turns: [{ ask: "three", answer: "You said: three" }] });
  });
});
