import { describe, expect, it } from "vitest";
import { createTestApp } from "../support/test-app.ts";
import { chatter, gate, liveEvents, nextEvent } from "./support/chatter.ts";

describe("a message", () => {
  it("is answered in a stream and is there afterwards", async () => {
    const ada = await chatter(await createTestApp());

    const { text, end, conversation, turn } = await ada.ask({ text: "Hello" });

    expect(text).toBe("You said: Hello");
    expect(end).toEqual({ state: "complete", problem: null, usage: { inputTokens: 10, outputTokens: 5 } });
    expect((await ada.get(`/api/conversations/${conversation}`)).body).toEqual({
      id: conversation,
      title: "Hello",
      turns: [
        {
          id: turn,
          at: "2026-11-22T12:00:00.000Z",
          ask: "Hello",
          answer: "You said: Hello",
          state: "complete",
          model: { provider: "scripted", name: "scripted", host: "model.test", region: "eu" },
          usage: { inputTokens: 10, outputTokens: 5 },
        },
      ],
    });
  });

  it("is stored before the model is asked, and shown as running until the answer is stored", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const { held, open } = gate();
    app.model.script.push(["Half ", held, "and half"]);

    const reply = liveEvents(await ada.send({ text: "Hello" }));
    const conversation = String((await nextEvent(reply, "turn")).data["conversation"]);
    const before = await ada.turns(conversation);
    const [rows = []] = await app.store.read([{ sql: "SELECT turn_id, role, seq FROM messages", params: [] }]);
    open();
    await nextEvent(reply, "end");

    expect(before).toEqual([{ id: before[0]?.id, at: "2026-11-22T12:00:00.000Z", ask: "Hello", model: app.model.info, state: "running" }]);
    expect(rows).toEqual([{ turn_id: before[0]?.id, role: "user", seq: 0 }]);
    expect(await ada.turns(conversation)).toMatchObject([{ id: before[0]?.id, ask: "Hello", answer: "Half and half", state: "complete" }]);
  });

  it("and its answer carry the same turn id in the store, and the answer is there when the stream says that it ended", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);

    const reply = liveEvents(await ada.send({ text: "Hello" }));
    const turn = String((await nextEvent(reply, "turn")).data["id"]);
    await nextEvent(reply, "end");

    const [rows = []] = await app.store.read([{ sql: "SELECT turn_id, role, seq FROM messages ORDER BY seq", params: [] }]);
    expect(rows).toEqual([{ turn_id: turn, role: "user", seq: 0 }, { turn_id: turn, role: "assistant", seq: 1 }]);
  });

  it("is not sent to the model when it could not be stored", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    await app.store.write([{ sql: "DROP TABLE inbox", params: [] }, { sql: "CREATE TABLE inbox (channel, person_id, update_id, turn_id, received_at CHECK (received_at < 0))", params: [] }]);

    const { status, problem } = await ada.ask({ text: "Hello" });

    expect([status, problem["reason"]]).toEqual([500, "internal"]);
    expect(app.model.requests).toEqual([]);
  });

  it("is followed by a second with the first exchange as its context", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const { conversation } = await ada.ask({ text: "One" });

    await ada.ask({ conversation, text: "Two" });

    expect(app.model.requests[1]?.messages).toEqual([
      { role: "user", text: "One" },
      { role: "assistant", text: "You said: One" },
      { role: "user", text: "Two" },
    ]);
  });

  it("goes on when its reader has left, and the whole answer is there afterwards", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const { held, open } = gate();
    app.model.script.push(["One ", held, "two"]);

    const reply = liveEvents(await ada.send({ text: "Count" }));
    const turn = String((await nextEvent(reply, "turn")).data["id"]);
    await nextEvent(reply, "text");
    await reply.return(undefined);
    open();

    expect(await ada.resume(turn)).toMatchObject({ text: "One two", end: { state: "complete" } });
  });

  it("leaves an audit record at its begin and its end, without a word of it", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);

    const { turn } = await ada.ask({ text: "the secret question" });

    const records = (await app.services.foundation.ledger.page(0, 100)).map(({ record }) => JSON.parse(record) as Record<string, unknown>).slice(-2);
    expect(records.map(({ who, surface, action, outcome, target, to, sizes }) => ({ who, surface, action, outcome, target, to, sizes }))).toEqual([
      { who: ada.person.id, surface: "web", action: "message.accepted", outcome: "ok", target: turn, to: "model.test", sizes: { characters: 19, inputTokens: records[0]?.["sizes"] && (records[0]["sizes"] as Record<string, number>)["inputTokens"] } },
      { who: ada.person.id, surface: "web", action: "message.ended", outcome: "complete", target: turn, to: undefined, sizes: { characters: 29, inputTokens: 10, outputTokens: 5 } },
    ]);
    expect(JSON.stringify(await app.services.foundation.ledger.page(0, 100))).not.toContain("secret question");
  });
});
