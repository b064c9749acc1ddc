import { describe, expect, it } from "vitest";
import { appAt, delta, fakeProvider, listen, rawProvider, sendStream } from "./support/provider.ts";

const SHOW = "npm run admin -- model show";
const AGAIN = { title: "the model provider failed", fix: "try again" };

describe("a provider's refusal reaches the person in words", () => {
  it.each([
    ["[[status 401]]", { reason: "model_refused", title: "the model provider refused the request", detail: "answered 401: the fake answers 401", fix: "check the provider's key: npm run admin -- model set" }],
    ["[[status 403]]", { reason: "model_refused", title: "the model provider refused the request", detail: "answered 403: the fake answers 403", fix: "check the provider's key: npm run admin -- model set" }],
    ["[[status 404]]", { reason: "model_refused", title: "the model provider refused the request", detail: "answered 404: the fake answers 404", fix: `check the model's name and the provider's address: ${SHOW}` }],
    ["[[status 400]]", { reason: "model_refused", title: "the model provider refused the request", detail: "answered 400: the fake answers 400" }],
    ["[[status 429 retry-after=7]]", { reason: "model_rate_limit", title: "the model provider asks to wait", detail: "answered 429: the fake answers 429", fix: "wait, then ask again", retryAfter: 7 }],
    ["[[status 429]]", { reason: "model_rate_limit", title: "the model provider asks to wait", detail: "answered 429: the fake answers 429", fix: "wait, then ask again" }],
    ["[[status 429 retry-after=soon]]", { reason: "model_rate_limit", title: "the model provider asks to wait", detail: "answered 429: the fake answers 429", fix: "wait, then ask again" }],
    ["[[status 500]]", { reason: "model_failed", title: "the model provider failed", detail: "answered 500: the fake answers 500", fix: "try again; the provider's status page may say more" }],
    ["[[status 529]]", { reason: "model_failed", title: "the model provider failed", detail: "answered 529: the fake answers 529", fix: "try again; the provider's status page may say more" }],
  ])("%s", async (text, problem) => {
    const { ada, fake, host } = await fakeProvider();

    const { end, conversation } = await ada.ask({ text });

    expect(end).toMatchObject({ state: "interrupted", problem: { ...problem, detail: `${host} ${problem.detail}` } });
    expect(Object.keys(end["problem"] as object).toSorted()).toEqual(Object.keys(problem).toSorted());
    expect(await ada.turns(conversation)).toMatchObject([{ ask: text, state: "interrupted", problem: end["problem"] }]);
    expect(fake.requests).toHaveLength(1);
  });

  it("with the date until which to wait as seconds", async () => {
    const { ada } = await rawProvider((response) => response.writeHead(429, { "retry-after": new Date(Date.now() + 90_000).toUTCString() }).end("{}"));

    const { problem } = (await ada.ask({ text: "Hello" })).end as { problem: Record<string, unknown> };

    expect([88, 89, 90]).toContain(problem["retryAfter"]);
  });

  it("cut to a decent length, on one line, without characters that could disguise it", async () => {
    const { ada, host } = await rawProvider((response) => response.writeHead(500, { "content-type": "application/json" }).end(JSON.stringify({ error: { message: `a\r\n\u202eb\u0000${"x".repeat(5000)}` } })));

    const { problem } = (await ada.ask({ text: "Hello" })).end as { problem: Record<string, unknown> };

    expect(problem["detail"]).toBe(`${host} answered 500: a b ${"x".repeat(296)}`);
  });

  it.each([["an HTML page", "text/html", "<h1>Bad gateway</h1>"], ["an empty body", "application/json", ""], ["a list", "application/json", "[1]"], ["null", "application/json", "null"], ["an object for a message", "application/json", '{"error":{"message":{"a":1}}}']])(
    "and repeats nothing of %s",
    async (_name, type, body) => {
      const { ada, host } = await rawProvider((response) => response.writeHead(502, { "content-type": type }).end(body));

      expect((await ada.ask({ text: "Hello" })).end).toMatchObject({ state: "interrupted", problem: { reason: "model_failed", detail: `${host} answered 502` } });
    },
  );
});

describe("a reply that is no answer", () => {
  const broken = (host: string) => ({ ...AGAIN, reason: "model_failed", detail: `the answer of ${host} broke off or was not understood` });

  it.each([
    ["garbage", "text/event-stream", Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x0a, 0x0a])],
    ["an HTML page with status 200", "text/html", "<!doctype html><h1>Sign in to continue</h1>"],
    ["an empty body", "text/event-stream", ""],
    ["JSON in place of a stream", "application/json", JSON.stringify({ choices: [{ message: { role: "assistant", content: "whole" }, finish_reason: "stop" }] })],
    ["an end without a reason", "text/event-stream", "data: [DONE]\n\n"],
    ["an event that is not JSON", "text/event-stream", "data: {oops\n\n"],
    ["an event of another shape", "text/event-stream", 'data: {"choices":"none"}\n\n'],
    ["an error in a stream", "text/event-stream", 'data: {"error":{"message":"sk-canary-5f2d9c71e0b84a36 is out of credit","code":1}}\n\n'],
  ])("such as %s interrupts the turn", async (_name, type, body) => {
    const { ada, app, host } = await rawProvider((response) => response.writeHead(200, { "content-type": type }).end(body));

    const { end } = await ada.ask({ text: "Hello" });

    expect(end["problem"]).toEqual(broken(host));
    expect(app.lines).toEqual([]);
  });

  it("keeps what came before it broke off", async () => {
    const { ada, host } = await fakeProvider();

    const { text, end, conversation } = await ada.ask({ text: "[[half]][[words 10]]" });

    expect(text).toBe("word1 word2 word3 word4 word5");
    expect(end).toMatchObject({ state: "interrupted", problem: broken(host) });
    expect(await ada.turns(conversation)).toMatchObject([{ answer: text, state: "interrupted" }]);
  });

  it("keeps what came before an error in the middle", async () => {
    const { ada, host } = await fakeProvider();

    expect(await ada.ask({ text: "[[finish error]][[words 3]]" })).toMatchObject({ text: "word1 word2 word3", end: { state: "interrupted", problem: broken(host) } });
  });

  it("is a stream that ends in the middle of the answer, politely", async () => {
    const { ada, host } = await rawProvider((response) => sendStream(response, delta({ content: "Half" })));

    expect(await ada.ask({ text: "Hello" })).toMatchObject({ text: "Half", end: { state: "interrupted", problem: broken(host) } });
  });
});

describe("a provider that is not there", () => {
  const unreachable = (host: string) => ({ reason: "model_unreachable", title: "the model provider cannot be reached", detail: `no connection to ${host}, or it broke off`, fix: `check that the provider's address is right and that it runs: ${SHOW}` });

  it("because nothing listens, is said to be unreachable", async () => {
    const { ada, host } = await appAt("http://127.0.0.1:1/v1");
    expect((await ada.ask({ text: "Hello" })).end).toMatchObject({ state: "interrupted", problem: unreachable(host) });
  });

  it("because its name does not resolve, is said to be unreachable", async () => {
    const { ada, host } = await appAt("https://provider.invalid/v1");
    expect((await ada.ask({ text: "Hello" })).end).toMatchObject({ state: "interrupted", problem: unreachable(host) });
  });

  it("because it closes every connection, is said to be unreachable", async () => {
    const { ada, host } = await rawProvider((response) => response.destroy());
    expect((await ada.ask({ text: "Hello" })).end).toMatchObject({ state: "interrupted", problem: unreachable(host) });
  });
});

describe("a redirect", () => {
  it.each([301, 302, 303, 307, 308])("%i is not followed: where it leads sees no request", async (status) => {
    let visits = 0;
    const target = await listen((response) => {
      visits += 1;
      response.end();
    });
    const { ada, host } = await rawProvider((response) => response.writeHead(status, { location: `${target}/v1/chat/completions` }).end());

    const { end } = await ada.ask({ text: "Hello" });

    expect(end["problem"]).toEqual({ reason: "model_failed", title: "the model provider failed", detail: `http://${host} answered with a redirect, and redirects are not followed`, fix: "set the address that it redirects to, if you trust it" });
    expect(visits).toBe(0);
  });

  it("to the provider's own address is not followed either", async () => {
    let visits = 0;
    const { ada } = await rawProvider((response) => {
      visits += 1;
      response.writeHead(307, { location: "/v1/chat/completions" }).end();
    });

    await ada.ask({ text: "Hello" });

    expect(visits).toBe(1);
  });
});
