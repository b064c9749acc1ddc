import { describe, expect, it } from "vitest";
import { createTestApp } from "../support/test-app.ts";
import { chatter, gate, liveEvents, nextEvent } from "./support/chatter.ts";

describe("the same update again", () => {
  it("joins the turn that runs, and reads all of it", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const { conversation } = await ada.ask({ text: "Hello" });
    const { held, open } = gate();
    app.model.script.push(["One ", held, "two"]);
    const first = liveEvents(await ada.send({ update: "u1", conversation, text: "Count" }));
    const turn = (await nextEvent(first, "turn")).data["id"];
    await nextEvent(first, "text");

    const second = liveEvents(await ada.send({ update: "u1", conversation, text: "Count" }));
    const joined = (await nextEvent(second, "turn")).data["id"];
    const soFar = (await nextEvent(second, "text")).data["text"];
    open();

    expect([joined, soFar, (await nextEvent(second, "text")).data["text"]]).toEqual([turn, "One ", "two"]);
    expect(app.model.requests).toHaveLength(2);
  });

  it("after the end replays the answer, and asks nobody", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const first = await ada.ask({ update: "u1", text: "Hello" });

    const second = await ada.ask({ update: "u1", text: "Hello" });

    expect(second).toEqual(first);
    expect(app.model.requests).toHaveLength(1);
    expect((await ada.get("/api/usage")).body).toMatchObject({ days: [{ requests: 1, inputTokens: 10, outputTokens: 5 }] });
  });

  it("eight times at once is one turn with eight readers", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);

    const answers = await Promise.all(Array.from({ length: 8 }, () => ada.ask({ update: "u1", text: "Hello" })));

    expect(new Set(answers.map(({ turn }) => turn)).size).toBe(1);
    expect(answers.map(({ text, end }) => [text, end["state"]])).toEqual(answers.map(() => ["You said: Hello", "complete"]));
    expect(app.model.requests).toHaveLength(1);
    expect((await ada.get("/api/conversations")).body["conversations"]).toHaveLength(1);
  });

  it("with another text is the first message still: nothing is changed after it was taken", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const first = await ada.ask({ update: "u1", text: "Hello" });

    expect(await ada.ask({ update: "u1", text: "Something else" })).toEqual(first);
    expect(app.model.requests.map(({ messages }) => messages.at(-1)?.text)).toEqual(["Hello"]);
  });

  it("joins also when the first one has used up the minute", async () => {
    const app = await createTestApp({ env: { HOLDFAST_REQUESTS_PER_MINUTE: "1" } });
    const ada = await chatter(app);

    const answers = await Promise.all([1, 2].map(() => ada.ask({ update: "u1", text: "Hello" })));

    expect(answers.map(({ status, text }) => [status, text])).toEqual([[200, "You said: Hello"], [200, "You said: Hello"]]);
    expect(await ada.ask({ update: "u2", text: "More" })).toMatchObject({ status: 429, problem: { reason: "rate_limit" } });
  });

  it("after a restart replays what was stored", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const first = await ada.ask({ update: "u1", text: "Hello" });

    const restarted = await createTestApp({ beside: app });
    const second = await (await chatter(restarted, ada.person)).ask({ update: "u1", text: "Hello" });

    expect(second).toEqual(first);
    expect(restarted.model.requests).toEqual([]);
  });

  it("from another person is that person's own message", async () => {
    const app = await createTestApp();
    const [ada, bob] = [await chatter(app), await chatter(app)];
    const first = await ada.ask({ update: "u1", text: "Hello" });

    const second = await bob.ask({ update: "u1", text: "Hi" });

    expect(second.text).toBe("You said: Hi");
    expect(second.turn).not.toBe(first.turn);
  });

  it("on another channel is another message", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    await ada.ask({ update: "u1", text: "Hello" });

    const reply = await app.post("/v1/chat/completions", { model: "scripted", messages: [{ role: "user", content: "Hi" }] }, { ...(await app.key(ada.person)), "idempotency-key": "u1" });

    expect(await reply.json()).toMatchObject({ choices: [{ message: { content: "You said: Hi" } }] });
  });

  it("that was refused is free to be sent again", async () => {
    const app = await createTestApp({ env: { HOLDFAST_REQUESTS_PER_MINUTE: "1" } });
    const ada = await chatter(app);
    await ada.ask({ text: "One" });
    const refused = await ada.ask({ update: "u2", text: "Two" });
    app.clock.advance(60_000);

    expect(refused.status).toBe(429);
    expect(await ada.ask({ update: "u2", text: "Two" })).toMatchObject({ status: 200, text: "You said: Two" });
  });

  it("is remembered for seven days", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const first = await ada.ask({ update: "u1", text: "Hello" });
    app.clock.advance(7 * 86_400_000);
    const later = await chatter(app, ada.person);
    await later.ask({ text: "Sweeps" });
    const second = await later.ask({ update: "u1", text: "Hello" });
    app.clock.advance(1);
    await later.ask({ text: "Sweeps" });

    expect(second.turn).toBe(first.turn);
    expect((await later.ask({ update: "u1", text: "Hello" })).turn).not.toBe(first.turn);
  });
});
