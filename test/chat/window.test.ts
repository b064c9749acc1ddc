import { describe, expect, it } from "vitest";
import { estimateMessageTokens, estimateTokens } from "../../runtime/chat/tokens.ts";
import { createTestApp } from "../support/test-app.ts";
import { chatter } from "./support/chatter.ts";

describe("an estimate of tokens", () => {
  it.each(["", "x".repeat(1_000_000), " ".repeat(1_000_000), "\u0000".repeat(10_000), "🦊".repeat(1000), "漢".repeat(1000)])("is never less than an eighth of the characters", (text) => {
    expect(estimateTokens(text)).toBeGreaterThanOrEqual(Math.ceil(text.length / 8));
  });
});

describe("a conversation that is longer than the window", () => {
  it("sends the newest exchanges that fit, and keeps all of it", async () => {
    const app = await createTestApp({ env: { HOLDFAST_CONTEXT_TOKENS: "500", HOLDFAST_REQUESTS_PER_MINUTE: "100" } });
    const ada = await chatter(app);
    const { conversation } = await ada.ask({ text: `0 ${"word ".repeat(60)}` });
    for (let count = 1; count < 8; count += 1) await ada.ask({ conversation, text: `${count} ${"word ".repeat(60)}` });

    const sent = app.model.requests.at(-1)?.messages ?? [];
    const tokens = sent.reduce((sum, message) => sum + estimateMessageTokens(message), 0);
    expect(sent.map(({ role, text }) => `${role} ${text.replace("You said: ", "").slice(0, 1)}`)).toEqual(["user 4", "assistant 4", "user 5", "assistant 5", "user 6", "assistant 6", "user 7"]);
    expect([tokens <= 500, tokens + 2 * (tokens / sent.length) > 500]).toEqual([true, true]);
    expect(await ada.turns(conversation)).toHaveLength(8);
  });

  it("refuses a message that does not fit by itself, stores nothing of it, and goes on", async () => {
    const app = await createTestApp({ env: { HOLDFAST_CONTEXT_TOKENS: "500" } });
    const ada = await chatter(app);
    const { conversation } = await ada.ask({ text: "Hello" });

    for (const where of [{}, { conversation }]) {
      const refused = await ada.ask({ ...where, text: "word ".repeat(600) });
      expect(refused.problem).toEqual({
        type: "urn:holdfast:problem:message_too_long",
        title: "the message is too long",
        status: 413,
        reason: "message_too_long",
        detail: `it has about ${estimateMessageTokens({ text: "word ".repeat(600) })} tokens, at most 500 go to the model`,
        fix: "shorten it, or send it in parts",
      });
    }
    expect(await ada.turns(conversation)).toHaveLength(1);
    expect((await ada.get("/api/conversations")).body["conversations"]).toHaveLength(1);
    expect((await ada.ask({ conversation, text: "Shorter" })).status).toBe(200);
  });

  it("refuses a message of more bytes than are taken, and takes one of exactly so many", async () => {
    const app = await createTestApp({ env: { HOLDFAST_CONTEXT_TOKENS: "2000000", HOLDFAST_TOKENS_PER_DAY: "10000000" } });
    const ada = await chatter(app);
    const longest = "ü".repeat(131_072);

    const [taken, refused] = [await ada.ask({ text: longest }), await ada.ask({ text: `${longest}x` })];

    expect(app.model.requests.map(({ messages }) => messages[0]?.text === longest)).toEqual([true]);
    expect([taken.status, refused.problem["detail"]]).toEqual([200, "it has 262145 bytes, at most 262144 are taken"]);
  });
});
