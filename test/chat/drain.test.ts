import { describe, expect, it } from "vitest";
import { openNodeStore } from "../../runtime/store/node-sqlite.ts";
import { createTestApp } from "../support/test-app.ts";
import { chatter, gate, liveEvents, nextEvent, readAnswer, settled } from "./support/chatter.ts";
import { failingStore } from "./support/failing-store.ts";

describe("a server that stops", () => {
  it("finishes the answer in flight, and takes no more messages meanwhile", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const { held, open } = gate();
    app.model.script.push(["One ", held, "two"]);
    const reply = liveEvents(await ada.send({ text: "Count" }));
    const { id, conversation } = (await nextEvent(reply, "turn")).data;
    await nextEvent(reply, "text");

    const drained = app.app.path.drain(60_000);
    const refused = await ada.ask({ text: "Hello" });
    const waiting = await ada.ask({ conversation, text: "Hello" });
    open();
    await drained;

    expect(refused.problem).toMatchObject({ status: 503, reason: "shutting_down", retryAfter: 5 });
    expect(waiting.status).toBe(503);
    expect(await ada.turns(String(conversation))).toMatchObject([{ id, answer: "One two", state: "complete" }]);
  });

  it("refuses those who waited in the queue, without storing their messages", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const { conversation } = await ada.ask({ text: "zero" });
    const { held, open } = gate();
    app.model.script.push([held]);
    await ada.send({ conversation, text: "one" });
    const waiting = ada.send({ conversation, text: "two" });
    await settled();

    const drained = app.app.path.drain(60_000);
    open();
    await drained;

    expect((await waiting).status).toBe(503);
    expect((await ada.turns(conversation)).map(({ ask }) => ask)).toEqual(["zero", "one"]);
  });

  it("stops answers that take too long, and keeps what was said", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    app.model.script.push(["So far", gate().held]);
    const reply = liveEvents(await ada.send({ text: "Count" }));
    const conversation = String((await nextEvent(reply, "turn")).data["conversation"]);
    await nextEvent(reply, "text");

    await app.app.path.drain(1);

    expect(await ada.turns(conversation)).toMatchObject([{ answer: "So far", state: "stopped" }]);
  });

  it("waits for a message that is just being stored, and for its answer", async () => {
    const store = failingStore(openNodeStore(":memory:"));
    const app = await createTestApp({ store });
    const ada = await chatter(app);
    const [reached, { held, open }] = [gate(), gate()];
    store.before = async (operation, statements) => {
      if (operation === "write" && statements.some(({ sql }) => sql.startsWith("INSERT INTO inbox"))) {
        reached.open();
        await held;
      }
    };
    const sent = ada.send({ text: "Hello" });
    await reached.held;

    let over = false;
    const drained = app.app.path.drain(60_000).then(() => (over = true));
    await settled();
    const early = over;
    open();
    await drained;
    const [rows = []] = await store.read([{ sql: "SELECT state FROM turns", params: [] }]);

    expect([early, rows]).toEqual([false, [{ state: "complete" }]]);
    expect(await readAnswer(await sent)).toMatchObject({ text: "You said: Hello", end: { state: "complete" } });
  });
});
