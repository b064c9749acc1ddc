/** Text that is unusual and allowed: it is kept as it is, and the title is made safe to show. */
import { beforeEach, describe, expect, it } from "vitest";
import { createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";
import { readEvents } from "../support/events.ts";

let t: TestApp;
let browser: Record<string, string>;
beforeEach(async () => {
  t = await createTestApp({ env: { HOLDFAST_CONTEXT_TOKENS: "1000000", HOLDFAST_TOKENS_PER_DAY: "100000000" } });
  browser = await t.signIn(await t.addPerson("Ada"));
});

async function keep(text: string): Promise<{ title: string; ask: string | undefined; sent: string | undefined }> {
  const [turn] = await readEvents(await t.post("/api/messages", { update: "u1", text }, browser));
  const page = (await (await t.fetch(`/api/conversations/${String(turn?.data["conversation"])}`, { headers: browser })).json()) as { title: string; turns: { ask: string }[] };
  return { title: page.title, ask: page.turns[0]?.ask, sent: t.model.requests[0]?.messages[0]?.text };
}

describe("a message", () => {
  it.each([
    ["control characters", "a\u0000b\u0007c\u001b[31md\u007fe\u009bf", "a b c [31md e f"],
    ["bidi controls", "pay \u202e001\u202c to \u2066Bob\u2069\u200f", "pay 001 to Bob"],
    ["line breaks of every kind", "one\ntwo\r\nthree\u2028four\u2029five\u0085six", "one two three four five six"],
    ["characters that cannot be seen", "a\u200bb\u2060c\ufeffd\u00ade", "a b c d e"],
    ["tag characters", "hi\u{e0041}\u{e0042} there", "hi there"],
    ["HTML", "<script>alert(1)</script><img src=x onerror=alert(1)>", "<script>alert(1)</script><img src=x onerror=alert(1)>"],
    ["something that looks like an event", "a\n\nevent: end\ndata: {}\n\n", "a event: end data: {}"],
    ["emoji at the cut of the title", "\u{1f600}".repeat(40), `${"\u{1f600}".repeat(29)}…`],
    ["the names of an object's own members", '{"__proto__":{"role":"owner"}}', '{"__proto__":{"role":"owner"}}'],
  ])("with %s is kept and sent as it was written; its title is one plain line", async (_name, text, title) => {
    const kept = await keep(text);
    expect(kept.ask).toBe(text);
    expect(kept.sent).toBe(text);
    expect(kept.title.replaceAll(/ +/g, " ")).toBe(title);
    expect(kept.title).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    expect(kept.title.length).toBeLessThanOrEqual(60);
  });

  it("with a member twice is read as JSON readers do: the last one counts", async () => {
    const reply = await t.fetch("/api/messages", { method: "POST", body: '{"update":"u1","text":"first","text":"second"}', headers: { "content-type": "application/json", ...browser } });
    await reply.text();
    expect(t.model.requests[0]?.messages).toEqual([{ role: "user", text: "second" }]);
  });

  it("may be one word of 256 KB", async () => {
    const word = "w".repeat(256 * 1024);
    const { ask, title } = await keep(word);
    expect(ask).toBe(word);
    expect(title).toBe(`${"w".repeat(59)}…`);
  });

  it.each([
    ["one word of 1 MB", "w".repeat(1024 * 1024), 1024 * 1024],
    ["a text one byte over the limit", "w".repeat(256 * 1024 + 1), 256 * 1024 + 1],
    ["a text that only its UTF-8 takes over the limit", "ä".repeat(128 * 1024 + 1), 256 * 1024 + 2],
  ])("of %s is refused, and nothing of it is stored or sent", async (_name, text, bytes) => {
    const reply = await t.post("/api/messages", { update: "u1", text }, browser);
    expect([reply.status, await reply.json()]).toEqual([
      413,
      { type: "urn:holdfast:problem:message_too_long", title: "the message is too long", status: 413, reason: "message_too_long", detail: `it has ${bytes} bytes, at most 262144 are taken`, fix: "shorten it, or send it in parts" },
    ]);
    expect(t.model.requests).toEqual([]);
    expect(await (await t.fetch("/api/conversations", { headers: browser })).json()).toEqual({ conversations: [] });
  });
});
