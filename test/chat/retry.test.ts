import { describe, expect, it } from "vitest";
import { recoverTurns } from "../../runtime/chat/recover.ts";
import { Problem } from "../../runtime/problems.ts";
import { createTestApp } from "../support/test-app.ts";
import { chatter, gate, liveEvents, nextEvent } from "./support/chatter.ts";

describe("asking again", () => {
  it("answers the same message anew, in a turn of its own that names the one before", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    app.model.script.push(["first"], ["second"]);
    const { turn, conversation } = await ada.ask({ text: "Hello" });

    const again = await ada.ask({ conversation, retry: turn });

    expect(again).toMatchObject({ text: "second", conversation, end: { state: "complete" } });
    expect(app.model.requests.map(({ messages }) => messages)).toEqual([[{ role: "user", text: "Hello" }], [{ role: "user", text: "Hello" }]]);
    expect(await ada.turns(conversation)).toMatchObject([
      { id: turn, ask: "Hello", answer: "first" },
      { id: again.turn, ask: "Hello", answer: "second", retryOf: turn },
    ]);
    const [rows = []] = await app.store.read([{ sql: "SELECT seq, role FROM messages ORDER BY seq", params: [] }]);
    expect(rows.map(({ role }) => role)).toEqual(["user", "assistant", "assistant"]);
  });

  it("works after a stopped answer", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    app.model.script.push(["half", gate().held]);
    const reply = liveEvents(await ada.send({ text: "Hello" }));
    const { id, conversation } = (await nextEvent(reply, "turn")).data;
    await nextEvent(reply, "text");
    await ada.stop(String(id));
    await nextEvent(reply, "end");

    expect(await ada.ask({ conversation, retry: id })).toMatchObject({ text: "You said: Hello", end: { state: "complete" } });
  });

  it("works after an answer that the provider broke off", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    app.model.script.push(["half", new Problem("model_failed", { detail: "it broke off" })]);
    const { turn, conversation, end } = await ada.ask({ text: "Hello" });

    const again = await ada.ask({ conversation, retry: turn });

    expect(end).toMatchObject({ state: "interrupted", problem: { reason: "model_failed", detail: "it broke off" } });
    expect(again).toMatchObject({ text: "You said: Hello", end: { state: "complete" } });
  });

  it("works after a crash that left no answer", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    app.model.script.push([gate().held]);
    const reply = liveEvents(await ada.send({ text: "Hello" }));
    const { id, conversation } = (await nextEvent(reply, "turn")).data;

    const restarted = await createTestApp({ beside: app });
    await recoverTurns(restarted.services.foundation);
    const later = await chatter(restarted, ada.person);
    const crashed = await later.turns(String(conversation));
    const again = await later.ask({ conversation, retry: id });

    expect(crashed).toMatchObject([{ id, ask: "Hello", state: "interrupted", problem: { reason: "crashed", detail: "the message is stored, the answer is not", fix: "ask again" } }]);
    expect(again).toMatchObject({ text: "You said: Hello", end: { state: "complete" } });
  });

  it.each(["an older turn", "a turn of another conversation", "an unknown turn"])("is refused for %s", async (which) => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const { turn, conversation } = await ada.ask({ text: "One" });
    await ada.ask({ conversation, text: "Two" });
    const other = await ada.ask({ text: "Elsewhere" });
    const retry = { "an older turn": turn, "a turn of another conversation": other.turn, "an unknown turn": crypto.randomUUID() }[which];

    const refused = await ada.ask({ conversation, retry });

    expect([refused.status, refused.problem["reason"]]).toEqual([409, "not_retryable"]);
    expect(app.model.requests).toHaveLength(3);
  });

  it("is refused for the turn that was asked again already", async () => {
    const ada = await chatter(await createTestApp());
    const { turn, conversation } = await ada.ask({ text: "Hello" });
    await ada.ask({ conversation, retry: turn });

    expect(await ada.ask({ conversation, retry: turn })).toMatchObject({ status: 409, problem: { reason: "not_retryable" } });
  });

  it("of somebody else's turn finds no such conversation", async () => {
    const app = await createTestApp();
    const [ada, eve] = [await chatter(app), await chatter(app)];
    const { turn, conversation } = await ada.ask({ text: "Hello" });

    expect(await eve.ask({ conversation, retry: turn })).toMatchObject({ status: 404, problem: { reason: "unknown_conversation" } });
  });

  it("leaves answers that were replaced out of later context", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    app.model.script.push(["poor"], ["better"]);
    const { turn, conversation } = await ada.ask({ text: "Hello" });
    await ada.ask({ conversation, retry: turn });

    await ada.ask({ conversation, text: "Thanks" });

    expect(app.model.requests[2]?.messages).toEqual([{ role: "user", text: "Hello" }, { role: "assistant", text: "better" }, { role: "user", text: "Thanks" }]);
  });

  it("many times, with answers that fill the context each, still sends the question and what came before it", async () => {
    const app = await createTestApp({ env: { HOLDFAST_CONTEXT_TOKENS: "600", HOLDFAST_REQUESTS_PER_MINUTE: "1000", HOLDFAST_TOKENS_PER_DAY: "1000000" } });
    const ada = await chatter(app);
    const { conversation } = await ada.ask({ text: "Before" });
    let turn = "";
    for (let round = 0; round < 12; round += 1) {
      app.model.script.push(["long answer ".repeat(250)]);
      ({ turn } = await ada.ask({ conversation, ...(turn === "" ? { text: "Question" } : { retry: turn }) }));
    }

    await ada.ask({ conversation, retry: turn });

    expect(app.model.requests.at(-1)?.messages).toEqual([{ role: "user", text: "Before" }, { role: "assistant", text: "You said: Before" }, { role: "user", text: "Question" }]);
  });
});
