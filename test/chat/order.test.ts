import { afterEach, describe, expect, it, vi } from "vitest";
import type { Model } from "../../runtime/ports.ts";
import { createTestApp } from "../support/test-app.ts";
import { chatter, gate, liveEvents, nextEvent, readAnswer, settled } from "./support/chatter.ts";

afterEach(() => void vi.useRealTimers());

/** Counts answers that the model gives at the same time. */
function mostAtOnce(model: Model): () => number {
  let [now, most] = [0, 0];
  const { stream } = model;
  vi.spyOn(model, "stream").mockImplementation(async function* counted(request, signal) {
    most = Math.max(most, (now += 1));
    try {
      yield* stream(request, signal);
    } finally {
      now -= 1;
    }
  });
  return () => most;
}

describe("messages of one conversation", () => {
  it("are answered in order of arrival, never two at a time, each with the answers before it", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const { conversation } = await ada.ask({ text: "zero" });
    const gates = [gate(), gate(), gate()];
    app.model.script.push(...gates.map(({ held }) => [held, "done"]));

    const most = mostAtOnce(app.model);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const replies = [await ada.send({ conversation, text: "one" })];
    const waiting: Promise<Response>[] = [];
    for (const [index, text] of ["two", "three"].entries()) {
      waiting.push(ada.send({ conversation, text }));
      // Whoever waits has a timer; nothing else has one.
      await expect.poll(() => vi.getTimerCount()).toBe(index + 1);
    }
    for (const [index, { open }] of gates.entries()) {
      await expect.poll(() => app.model.requests.length).toBe(2 + index);
      open();
    }
    replies.push(...(await Promise.all(waiting)));
    await Promise.all(replies.map(readAnswer));

    expect(most()).toBe(1);
    expect((await ada.turns(conversation)).map(({ ask }) => ask)).toEqual(["zero", "one", "two", "three"]);
    expect(app.model.requests.at(-1)?.messages.map(({ text }) => text)).toEqual(["zero", "You said: zero", "one", "done", "two", "done", "three"]);
  });

  it("wait for 30 s, and are then refused as busy without having been stored", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const { conversation } = await ada.ask({ text: "zero" });
    const { held, open } = gate();
    app.model.script.push([held]);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const running = await ada.send({ conversation, text: "one" });

    const waiting = ada.send({ conversation, text: "two" });
    await expect.poll(() => vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(29_000);
    const early = await Promise.race([waiting, settled()]);
    await vi.advanceTimersByTimeAsync(1_000);
    const refused = await waiting;
    open();
    await running.text();

    expect(early).toBeUndefined();
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([409, "5"]);
    expect(await refused.json()).toEqual({
      type: "urn:holdfast:problem:conversation_busy",
      title: "the conversation is still answering",
      status: 409,
      reason: "conversation_busy",
      detail: "one message is answered at a time",
      fix: "wait for the answer, or stop it",
      retryAfter: 5,
    });
    expect((await ada.turns(conversation)).map(({ ask }) => ask)).toEqual(["zero", "one"]);
  });

  it("do not hold up another conversation of the same person", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const { held, open } = gate();
    app.model.script.push(["first", held]);
    const first = liveEvents(await ada.send({ text: "one" }));
    await nextEvent(first, "text");

    expect(await ada.ask({ text: "two" })).toMatchObject({ text: "You said: two", end: { state: "complete" } });

    open();
    expect((await nextEvent(first, "end")).data).toMatchObject({ state: "complete" });
  });

  it("of somebody else are unknown at once, running or not", async () => {
    const app = await createTestApp();
    const [ada, eve] = [await chatter(app), await chatter(app)];
    const { held, open } = gate();
    app.model.script.push(["first", held]);
    const reply = liveEvents(await ada.send({ text: "one" }));
    const conversation = String((await nextEvent(reply, "turn")).data["conversation"]);

    const refused = await eve.ask({ conversation, text: "what?" });

    open();
    expect(refused).toMatchObject({ status: 404, problem: { reason: "unknown_conversation" } });
  });
});
