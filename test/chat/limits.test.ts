import { describe, expect, it } from "vitest";
import type { ModelPart, Store, TokenUsage } from "../../runtime/ports.ts";
import { StoreError } from "../../runtime/store/errors.ts";
import { openNodeStore } from "../../runtime/store/node-sqlite.ts";
import { createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";
import { chatter, gate, liveEvents, nextEvent } from "./support/chatter.ts";

const PLENTY = { HOLDFAST_REQUESTS_PER_MINUTE: "1000" };

/** The model says "ok" and counts like this from now on. */
function counting(app: TestApp, usage: TokenUsage): void {
  app.model.stream = async function* counts(request): AsyncGenerator<ModelPart> {
    app.model.requests.push(request);
    yield { type: "text", text: "ok" };
    yield { type: "finish", cause: "stop", usage };
  };
}

async function used(app: TestApp) {
  const [rows = []] = await app.store.read([{ sql: "SELECT day, requests, input_tokens, output_tokens, reserved FROM usage_days ORDER BY day", params: [] }]);
  return rows;
}

describe("the day's tokens", () => {
  it("are reserved before the model is asked, and settled to exactly what the provider counted", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    const { held, open } = gate();
    app.model.script.push(["Hi", held]);
    const reply = liveEvents(await ada.send({ text: "Hello" }));
    await nextEvent(reply, "text");
    const during = await used(app);
    open();
    await nextEvent(reply, "end");

    expect(during).toEqual([{ day: "2026-11-22", requests: 1, input_tokens: expect.any(Number) as number, output_tokens: 0, reserved: 4096 }]);
    expect(await used(app)).toEqual([{ day: "2026-11-22", requests: 1, input_tokens: 10, output_tokens: 5, reserved: 0 }]);
    expect((await ada.get("/api/usage")).body).toEqual({ days: [{ day: "2026-11-22", requests: 1, inputTokens: 10, outputTokens: 5 }], limits: { tokensPerDay: 200000, requestsPerMinute: 20, messageBytes: 262144 } });
  });

  it("are settled once, also when the store took the end and its reply was lost", async () => {
    const inner = openNodeStore(":memory:");
    let lost = 0;
    const store: Store = {
      read: inner.read,
      async write(statements) {
        const changes = await inner.write(statements);
        if (lost === 0 && statements.some(({ sql }) => sql.startsWith("UPDATE turns SET state = ?"))) {
          lost += 1;
          throw new StoreError("away", new Error("the reply was lost"));
        }
        return changes;
      },
    };
    const app = await createTestApp({ store });
    const person = await app.addPerson("Ada");
    const turn = await app.app.path.submit(person, { channel: "api", update: "u1", ask: { type: "unkept", messages: [{ role: "user", text: "Hello" }] } });
    expect(await Array.fromAsync(turn.events(), ({ type }) => type)).toEqual(["text", "end"]);
    await app.app.path.drain(60_000);

    expect(lost).toBe(1);
    expect(await used(app)).toEqual([{ day: "2026-11-22", requests: 1, input_tokens: 10, output_tokens: 5, reserved: 0 }]);
  });

  it("shrink what the model may answer, down to the last token, and then refuse", async () => {
    const app = await createTestApp({ env: { ...PLENTY, HOLDFAST_TOKENS_PER_DAY: "1000" } });
    const ada = await chatter(app);
    counting(app, { inputTokens: 400, outputTokens: 300 });
    await ada.ask({ text: "Hello" });
    counting(app, { inputTokens: 200, outputTokens: 99 });
    await ada.ask({ text: "Hello" });

    const refused = await ada.ask({ text: "Hello" });

    const input = 1000 - (app.model.requests[0]?.maxOutputTokens ?? 0);
    expect(app.model.requests.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([1000 - input, 300 - input]);
    expect(refused.problem).toEqual({
      type: "urn:holdfast:problem:daily_limit",
      title: "today's limit is used up",
      status: 429,
      reason: "daily_limit",
      detail: "999 of 1000 tokens are used; the count starts again at 2026-11-23T00:00:00.000Z",
      fix: "ask the owner to raise HOLDFAST_TOKENS_PER_DAY",
      retryAfter: 12 * 3600,
    });
    expect(app.model.requests).toHaveLength(2);
  });

  it("hold against fifty messages at once: never more is reserved than there is", async () => {
    const app = await createTestApp({ env: { ...PLENTY, HOLDFAST_TOKENS_PER_DAY: "20000", HOLDFAST_MAX_OUTPUT_TOKENS: "1000" } });
    const ada = await chatter(app);
    const { held, open } = gate();
    app.model.script.push(...Array.from({ length: 50 }, () => ["ok", held]));

    const replies = await Promise.all(Array.from({ length: 50 }, () => ada.send({ text: "Hello" })));
    const [during] = await used(app);
    open();
    const taken = replies.filter(({ status }) => status === 200);
    await Promise.all(taken.map((reply) => reply.text()));

    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 429]));
    expect(Number(during?.["input_tokens"]) + Number(during?.["reserved"])).toBeLessThanOrEqual(20_000);
    expect(app.model.requests).toHaveLength(taken.length);
    expect(await used(app)).toEqual([{ day: "2026-11-22", requests: taken.length, input_tokens: 10 * taken.length, output_tokens: 5 * taken.length, reserved: 0 }]);
  });

  it("are overdrawn by a provider that ignores the limit: the answer is kept, the next message refused", async () => {
    const app = await createTestApp({ env: { ...PLENTY, HOLDFAST_TOKENS_PER_DAY: "1000" } });
    const ada = await chatter(app);
    counting(app, { inputTokens: 10, outputTokens: 5000 });

    const first = await ada.ask({ text: "Hello" });

    expect(first).toMatchObject({ text: "ok", end: { state: "complete", usage: { inputTokens: 10, outputTokens: 5000 } } });
    expect(await used(app)).toEqual([{ day: "2026-11-22", requests: 1, input_tokens: 10, output_tokens: 5000, reserved: 0 }]);
    expect((await ada.ask({ text: "More" })).problem).toMatchObject({ reason: "daily_limit", detail: expect.stringContaining("5010 of 1000 tokens are used") as string });
  });

  it("begin anew at midnight UTC, and a turn that ends after it counts for the day it began", async () => {
    const app = await createTestApp({ env: { ...PLENTY, HOLDFAST_TOKENS_PER_DAY: "1000", HOLDFAST_IDLE_LOGOFF_MINUTES: "2000" } });
    const ada = await chatter(app);
    app.clock.advance(12 * 3_600_000 - 1000);
    const { held, open } = gate();
    app.model.script.push(["ok", held]);
    const reply = liveEvents(await ada.send({ text: "late" }));
    await nextEvent(reply, "text");
    const full = await ada.ask({ text: "too late" });
    app.clock.advance(1000);
    const today = await ada.ask({ text: "early" });
    open();
    await nextEvent(reply, "end");

    expect(full.problem).toMatchObject({ reason: "daily_limit", retryAfter: 1 });
    expect(today.end).toMatchObject({ state: "complete" });
    expect((await used(app)).map(({ day, input_tokens, output_tokens, reserved }) => [day, input_tokens, output_tokens, reserved])).toEqual([["2026-11-22", 10, 5, 0], ["2026-11-23", 10, 5, 0]]);
  });

  it("are each person's own", async () => {
    const app = await createTestApp({ env: { ...PLENTY, HOLDFAST_TOKENS_PER_DAY: "1000" } });
    const [ada, bob] = [await chatter(app), await chatter(app)];
    counting(app, { inputTokens: 10, outputTokens: 990 });
    await ada.ask({ text: "Hello" });

    expect([(await ada.ask({ text: "Hello" })).status, (await bob.ask({ text: "Hello" })).status]).toEqual([429, 200]);
  });

  it("of a stopped answer are an estimate of what was said", async () => {
    const app = await createTestApp();
    const ada = await chatter(app);
    app.model.script.push(["four short words here", gate().held]);
    const reply = liveEvents(await ada.send({ text: "Hello" }));
    const turn = String((await nextEvent(reply, "turn")).data["id"]);
    await nextEvent(reply, "text");
    const [during] = await used(app);
    await ada.stop(turn);
    await nextEvent(reply, "end");

    expect(await used(app)).toEqual([{ ...during, output_tokens: 4, reserved: 0 }]);
  });
});

describe("messages in a minute", () => {
  it("are refused beyond the limit, however many come at once, until the minute is over", async () => {
    const app = await createTestApp({ env: { HOLDFAST_REQUESTS_PER_MINUTE: "3" } });
    const ada = await chatter(app);
    app.clock.advance(20_000);

    const statuses = (await Promise.all(Array.from({ length: 8 }, () => ada.ask({ text: "Hello" })))).map(({ status }) => status);
    const refused = await ada.ask({ text: "Hello" });
    app.clock.advance(40_000);

    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 200, 200, 429, 429, 429, 429, 429]);
    expect(refused.problem).toMatchObject({ reason: "rate_limit", detail: "3 messages a minute are allowed", retryAfter: 40 });
    expect((await ada.ask({ text: "Hello" })).status).toBe(200);
  });

  it("that were refused are not counted for the day, and leave a record of the refusal", async () => {
    const app = await createTestApp({ env: { HOLDFAST_REQUESTS_PER_MINUTE: "1" } });
    const ada = await chatter(app);
    await ada.ask({ text: "Hello" });
    await ada.ask({ text: "Hello" });

    const last = await app.services.foundation.ledger.head();
    expect(await used(app)).toMatchObject([{ requests: 1 }]);
    expect(JSON.parse(last?.record ?? "{}")).toMatchObject({ who: ada.person.id, surface: "web", action: "request", outcome: "refused", reason: "rate_limit" });
  });
});
