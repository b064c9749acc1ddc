import { describe, expect, it } from "vitest";
import { createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";
import { chatter, gate, liveEvents, nextEvent, readAnswer } from "./support/chatter.ts";
import type { Chatter } from "./support/chatter.ts";

/** A turn whose model has said `pieces` and then says nothing more. */
async function heldTurn(app: TestApp, ada: Chatter, ...pieces: string[]) {
  app.model.script.push([...pieces, gate().held, "never said"]);
  const reply = liveEvents(await ada.send({ text: "Hello" }));
  const { id, conversation } = (await nextEvent(reply, "turn")).data;
  await expect.poll(() => app.model.requests.length).toBe(1);
  return { reply, turn: String(id), conversation: String(conversation) };
}

describe("stopping an answer", () => {
  it("keeps exactly what was streamed, and says that it was stopped", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const { reply, turn, conversation } = await heldTurn(app, ada, "Once upon ", "a time");
    let seen = "";
    while (seen !== "Once upon a time") seen += String((await nextEvent(reply, "text")).data["text"]);

    expect(await ada.stop(turn)).toBe(204);

    const end = (await nextEvent(reply, "end")).data;
    expect(end).toEqual({ state: "stopped", problem: null, usage: { inputTokens: expect.any(Number) as number, outputTokens: 4 } });
    expect(await ada.turns(conversation)).toMatchObject([{ id: turn, answer: "Once upon a time", state: "stopped", usage: end["usage"] }]);
    expect(await ada.resume(turn)).toMatchObject({ text: "Once upon a time", end });
  });

  it("before the first piece leaves a stopped turn without an answer", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const { reply, turn, conversation } = await heldTurn(app, ada);

    await ada.stop(turn);
    await nextEvent(reply, "end");

    const [stopped] = await ada.turns(conversation);
    expect(stopped).toMatchObject({ ask: "Hello", state: "stopped" });
    expect(Object.keys(stopped ?? {})).not.toContain("answer");
    expect(await ada.resume(turn)).toMatchObject({ text: "", end: { state: "stopped" } });
  });

  it("twice, and after the end, is no error and changes nothing", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const { reply, turn, conversation } = await heldTurn(app, ada, "Some");
    await nextEvent(reply, "text");

    const statuses = [await ada.stop(turn), await ada.stop(turn)];
    await nextEvent(reply, "end");
    const before = await ada.turns(conversation);
    statuses.push(await ada.stop(turn));

    expect(statuses).toEqual([204, 204, 204]);
    expect(await ada.turns(conversation)).toEqual(before);
  });

  it("of a complete answer leaves it complete", async () => {
    const ada = await chatter(await createTestApp());
    const { turn, conversation } = await ada.ask({ text: "Hello" });

    await ada.stop(turn);

    expect(await ada.turns(conversation)).toMatchObject([{ answer: "You said: Hello", state: "complete" }]);
  });

  it("is for one's own turns alone; somebody else's goes on", async () => {
    const app = await createTestApp();
    const [ada, eve] = [await chatter(app), await chatter(app)];
    const { held, open } = gate();
    app.model.script.push(["One ", held, "two"]);
    const response = await ada.send({ text: "Count" });
    const reply = liveEvents(response);
    const turn = String((await nextEvent(reply, "turn")).data["id"]);

    const status = await eve.stop(turn);
    open();
    await nextEvent(reply, "end");

    expect(status).toBe(404);
    expect(await ada.resume(turn)).toMatchObject({ text: "One two", end: { state: "complete" } });
  });

  it("frees the conversation for the next message, whose context holds the stopped answer", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const { reply, turn, conversation } = await heldTurn(app, ada, "Half an answer");
    await nextEvent(reply, "text");
    const next = ada.send({ conversation, text: "And?" });
    await ada.stop(turn);

    expect(await readAnswer(await next)).toMatchObject({ text: "You said: And?", end: { state: "complete" } });
    expect(app.model.requests[1]?.messages).toEqual([
      { role: "user", text: "Hello" },
      { role: "assistant", text: "Half an answer" },
      { role: "user", text: "And?" },
    ]);
  });

  it("of a model that goes on all the same ends the answer at once, and takes nothing of the rest", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const { held, open } = gate();
    app.model.stream = async function* deaf() {
      yield { type: "text", text: "heard" };
      await held;
      yield { type: "text", text: " and not stopped" };
      yield { type: "finish", cause: "stop" };
    };
    const reply = liveEvents(await ada.send({ text: "Hello" }));
    const turn = String((await nextEvent(reply, "turn")).data["id"]);
    await nextEvent(reply, "text");

    await ada.stop(turn);
    open();
    await nextEvent(reply, "end");

    expect(await ada.resume(turn)).toMatchObject({ text: "heard", end: { state: "stopped" } });
  });
});
