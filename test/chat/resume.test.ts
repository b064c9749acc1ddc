import { describe, expect, it } from "vitest";
import { createTestApp } from "../support/test-app.ts";
import { chatter, gate, liveEvents, nextEvent } from "./support/chatter.ts";

const TEXT = "Zoë said: 🦊 and 👩‍👩‍👧, twice.";

describe("the stream of a turn that has ended", () => {
  it("goes on from every offset with exactly the rest of the answer", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    app.model.script.push(Array.from(TEXT));
    const { turn, end } = await ada.ask({ text: "Hello" });

    for (let after = 0; after <= TEXT.length + 3; after += 1) {
      const resumed = await ada.resume(turn, after);
      expect([after, resumed.text, resumed.end]).toEqual([after, TEXT.slice(after), end]);
    }
  });

  it("goes on after the last event that a browser has seen, and names the length so far in each", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    app.model.script.push([TEXT]);
    const { turn } = await ada.ask({ text: "Hello" });

    const response = await app.fetch(`/api/turns/${turn}/events`, { headers: { ...ada.headers, "last-event-id": "10" } });

    const text = await nextEvent(liveEvents(response), "text");
    expect([text.id, text.data["text"]]).toEqual([String(TEXT.length), TEXT.slice(10)]);
  });
});

describe("the stream of a turn that runs", () => {
  it("gives a reader who comes at any offset the rest, and then what is new", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const { held, open } = gate();
    const [first, second] = [TEXT.slice(0, 12), TEXT.slice(12)];
    app.model.script.push([first, held, second]);
    const reply = liveEvents(await ada.send({ text: "Hello" }));
    const turn = String((await nextEvent(reply, "turn")).data["id"]);
    await nextEvent(reply, "text");

    const offsets = Array.from({ length: first.length + 1 }, (_, offset) => offset);
    const resumed = Promise.all(offsets.map((after) => ada.resume(turn, after)));
    open();

    expect((await resumed).map(({ text }) => text)).toEqual(offsets.map((after) => TEXT.slice(after)));
    await nextEvent(reply, "end");
  });

  it("takes half a surrogate pair for what it is: the pieces join to the whole", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    app.model.script.push(["a\ud83e", "\udd8ab"]);

    const { text, turn } = await ada.ask({ text: "Hello" });

    expect(text).toBe("a🦊b");
    expect((await ada.resume(turn, 2)).text).toBe("\udd8ab");
  });
});

describe("a stream to resume", () => {
  it("is there after a restart, word for word", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    app.model.script.push([TEXT]);
    const { turn, end } = await ada.ask({ text: "Hello" });

    const later = await chatter(await createTestApp({ beside: app }), ada.person);

    expect(await later.resume(turn, 5)).toMatchObject({ text: TEXT.slice(5), end });
  });

  it("is unknown to anybody else, running or ended", async () => {
    const app = await createTestApp();
    const [ada, eve] = [await chatter(app), await chatter(app)];
    app.model.script.push(["One", gate().held]);
    const reply = liveEvents(await ada.send({ text: "Hello" }));
    const turn = String((await nextEvent(reply, "turn")).data["id"]);

    const refused = await eve.resume(turn);
    await ada.stop(turn);
    await nextEvent(reply, "end");

    expect([refused.status, refused.problem["reason"]]).toEqual([404, "unknown_turn"]);
    expect(await eve.resume(turn)).toMatchObject({ status: 404, problem: refused.problem });
  });

  it.each(["-1", "1.5", "1e3", "ten", "9999999999", "0x10"])("is refused from offset %s", async (after) => {
    const ada = await chatter(await createTestApp());
    const { turn } = await ada.ask({ text: "Hello" });

    const { status, body } = await ada.get(`/api/turns/${turn}/events?after=${after}`);

    expect([status, body["reason"], body["detail"]]).toEqual([400, "malformed", `after must be a number of characters, got "${after}"`]);
  });
});
