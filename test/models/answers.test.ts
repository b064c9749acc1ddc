import { describe, expect, it } from "vitest";
import { chatter } from "../chat/support/chatter.ts";
import { createTestApp } from "../support/test-app.ts";
import { delta, fakeProvider, rawProvider, sendStream } from "./support/provider.ts";

const usage = (prompt_tokens: unknown, completion_tokens: unknown) => ({ choices: [], usage: { prompt_tokens, completion_tokens, total_tokens: 1 } });

describe("an answer of a provider", () => {
  it("arrives word for word, counted as the provider counts", async () => {
    const { ada } = await fakeProvider();
    const markdown = "# Tïtle\r\n\n- 🦊\u0000 <script>alert(1)</script> ${x} \\n end \u2028 ";

    const { text, end } = await ada.ask({ text: `[[markdown ${Buffer.from(markdown).toString("base64")}]]` });

    expect(text).toBe(markdown);
    expect(end).toMatchObject({ state: "complete", problem: null, usage: { outputTokens: Math.ceil(markdown.length / 4) } });
  });

  it("that is empty is complete, and has no text", async () => {
    const { ada } = await rawProvider((response) => sendStream(response, delta({ role: "assistant", content: "" }), delta({}, "stop"), usage(3, 0), "[DONE]"));

    const { text, end, conversation } = await ada.ask({ text: "Hello" });

    expect([text, end]).toEqual(["", { state: "complete", problem: null, usage: { inputTokens: 3, outputTokens: 0 } }]);
    expect(await ada.turns(conversation)).toMatchObject([{ ask: "Hello", state: "complete" }]);
  });

  it("is shown without what the model thought before it", async () => {
    const { ada, app } = await rawProvider((response) => sendStream(response, delta({ reasoning_content: "secret thoughts" }), delta({ reasoning: "more" }), delta({ content: "The answer" }), delta({}, "stop"), usage(3, 9)));

    const { text, conversation } = await ada.ask({ text: "Hello" });

    expect(text).toBe("The answer");
    expect(JSON.stringify(await ada.turns(conversation))).not.toContain("thoughts");
    expect(app.lines).toEqual([]);
  });

  it("that calls a tool nobody offered is complete with what it said", async () => {
    const call = { tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "open_link", arguments: "{}" } }] };
    const { ada } = await rawProvider((response) => sendStream(response, delta({ content: "Let me look." }), delta(call), delta({}, "tool_calls"), usage(3, 4)));

    expect(await ada.ask({ text: "Hello" })).toMatchObject({ text: "Let me look.", end: { state: "complete", problem: null } });
  });

  it.each([["length", "length"], ["content_filter", "filtered"]])("that ended for %s says so", async (finish, cause) => {
    const { ada } = await fakeProvider();

    const { end, conversation } = await ada.ask({ text: `[[finish ${finish}]]cut` });

    expect(end).toMatchObject({ state: "complete", cause });
    expect(await ada.turns(conversation)).toMatchObject([{ state: "complete", cause }]);
  });

  it("of 10 MB is cut at 400,000 characters, and the provider is told to end", async () => {
    const { ada, fake } = await fakeProvider();

    const { text, end, conversation } = await ada.ask({ text: "[[huge]]" });

    expect([text.length, text.startsWith("0123456789abcde 0123"), end["state"], end["cause"]]).toEqual([300_000, true, "complete", "length"]);
    await expect.poll(() => fake.requests[0]?.aborted).toBe(true);
    expect((await ada.turns(conversation))[0]?.answer).toBe(text);
  });

  it("of thoughts without end is given up after 32 MB, and the provider's connection closed", async () => {
    const thoughts = `data: ${JSON.stringify(delta({ reasoning_content: "hm ".repeat(100_000) }))}\n\n`;
    let left = false;
    const { ada } = await rawProvider((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.on("close", () => (left = true));
      const more = (): void => {
        if (!response.destroyed && response.write(thoughts)) setImmediate(more);
      };
      response.on("drain", more);
      more();
    });

    const { text, end } = await ada.ask({ text: "Hello" });

    expect([text, end["state"], end["problem"]]).toEqual(["", "interrupted", { reason: "model_failed", title: "the model provider failed", detail: "the provider sent more than 33554432 bytes for one answer" }]);
    await expect.poll(() => left).toBe(true);
  });

  it("that grows too long ends the model's work, whatever kind of model it is", async () => {
    const app = await createTestApp();
    const signals: AbortSignal[] = [];
    app.model.stream = async function* endless(_request, signal) {
      signals.push(signal);
      for (;;) yield { type: "text", text: "and on ".repeat(1000) };
    };

    const { text, end } = await (await chatter(app)).ask({ text: "Hello" });

    expect([text.length, end["cause"], signals.map(({ aborted }) => aborted)]).toEqual([300_000, "length", [true]]);
  });

  it("that is cut in the middle of a character loses that character, and nothing else", async () => {
    const { ada } = await rawProvider((response) => sendStream(response, delta({ content: "a" }), delta({ content: "🦊".repeat(200_000) }), delta({}, "stop")));

    const { text } = await ada.ask({ text: "Hello" });

    expect([text.length, text.isWellFormed(), text.slice(-3)]).toEqual([300_000, true, "🦊\ufffd"]);
  });

  it.each([
    ["no count", []],
    ["half a token", [usage(10.5, 3)]],
    ["fewer than none", [usage(10, -3)]],
    ["more than any model has", [usage(9_007_199_254_740_991, 3)]],
    ["nothing for the question", [usage(0, 0)]],
    ["an empty count", [{ choices: [], usage: {} }]],
  ])("whose provider says %s is counted by estimate", async (_name, counts) => {
    const { ada, app } = await rawProvider((response) => sendStream(response, delta({ content: "four short words here" }), delta({}, "stop"), ...counts));

    const { end } = await ada.ask({ text: "Hello" });

    const [rows = []] = await app.store.read([{ sql: "SELECT input_tokens, output_tokens, reserved FROM usage_days", params: [] }]);
    expect(end).toMatchObject({ state: "complete", usage: { outputTokens: 4 } });
    expect(rows).toEqual([{ input_tokens: (end["usage"] as { inputTokens: number }).inputTokens, output_tokens: 4, reserved: 0 }]);
    expect(rows[0]?.["input_tokens"]).toBeGreaterThan(50);
  });
});

describe("an answer without end", () => {
  it("ends when the person stops it, and the provider sees the connection close", async () => {
    const { ada, fake } = await fakeProvider();
    const reply = await ada.send({ text: "[[never-ends]]" });
    const reader = reply.body?.getReader();
    const first = new TextDecoder().decode((await reader?.read())?.value);
    const turn = /"id":"([\w-]+)"/.exec(first)?.[1] ?? "";
    await reader?.read();

    await ada.stop(turn);

    await expect.poll(() => fake.requests[0]?.aborted).toBe(true);
    await expect.poll(async () => (await ada.resume(turn)).end["state"]).toBe("stopped");
  });

  it("is closed at the provider also when it is stopped before the first word", async () => {
    const { ada, fake } = await fakeProvider();
    const reply = await ada.send({ text: "[[silent]]" });
    const turn = /"id":"([\w-]+)"/.exec(new TextDecoder().decode((await reply.body?.getReader().read())?.value))?.[1] ?? "";
    await expect.poll(() => fake.requests.length).toBe(1);

    await ada.stop(turn);

    await expect.poll(() => fake.requests[0]?.aborted).toBe(true);
    expect(await ada.resume(turn)).toMatchObject({ text: "", end: { state: "stopped", problem: null } });
  });

  it("is cut at the length limit when nobody stops it", async () => {
    const flood = `data: ${JSON.stringify(delta({ content: "and on ".repeat(10_000) }))}\n\n`;
    const { ada } = await rawProvider((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const more = (): void => {
        if (!response.destroyed && response.write(flood)) setImmediate(more);
      };
      response.on("drain", more);
      more();
    });

    const { text, end } = await ada.ask({ text: "Hello" });

    expect([text.length, end["state"], end["cause"]]).toEqual([300_000, "complete", "length"]);
  });
});
