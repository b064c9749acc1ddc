import OpenAI, { APIError, AuthenticationError, RateLimitError } from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { hugeBytes } from "./model-behaviour.ts";
import { startFakeModel } from "./model.ts";
import type { FakeModel, FakeModelOptions } from "./model.ts";

const open: FakeModel[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((fake) => fake.close()));
});

async function fakeModel(options?: FakeModelOptions): Promise<FakeModel> {
  const fake = await startFakeModel(options);
  open.push(fake);
  return fake;
}

function client(fake: FakeModel, apiKey = "sk-test"): OpenAI {
  return new OpenAI({ baseURL: fake.url, apiKey, maxRetries: 0 });
}

function chat(fake: FakeModel, text: string, more: object = {}, signal?: AbortSignal): Promise<Response> {
  const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: text }], ...more });
  const headers = { "content-type": "application/json", authorization: "Bearer sk-secret" };
  return fetch(`${fake.url}/chat/completions`, { method: "POST", headers, body, redirect: "manual", ...(signal ? { signal } : {}) });
}

async function answerTo(fake: FakeModel, text: string): Promise<string | null | undefined> {
  const reply = await client(fake).chat.completions.create({ model: "m", messages: [{ role: "user", content: text }] });
  return reply.choices[0]?.message.content;
}

async function streamed(fake: FakeModel, text: string) {
  const stream = await client(fake).chat.completions.create({
    model: "m", messages: [{ role: "user", content: text }], stream: true, stream_options: { include_usage: true },
  });
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return { chunks, text: chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("") };
}

describe("an answer", () => {
  it("arrives whole for the openai client", async () => {
    expect(await answerTo(await fakeModel(), "hello there")).toBe("You said: hello there");
  });

  it("arrives in several pieces, with role first, then the finish and the usage", async () => {
    const { chunks, text } = await streamed(await fakeModel(), "héllo 🦊 there");
    expect(text).toBe("You said: héllo 🦊 there");
    expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
    expect(chunks.filter((chunk) => chunk.choices[0]?.delta.content).length).toBeGreaterThan(1);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("stop");
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: Math.ceil("You said: héllo 🦊 there".length / 4) } });
  });

  it("ends with [DONE], and has no usage event when none is asked for", async () => {
    const body = await (await chat(await fakeModel(), "hi", { stream: true })).text();
    expect(body.endsWith("data: [DONE]\n\n")).toBe(true);
    expect(body).not.toContain('"usage"');
  });

  it("is decided by the last user message alone", async () => {
    const messages = [{ role: "user", content: "[[status 500]]" }, { role: "assistant", content: "no" }, { role: "user", content: [{ type: "text", text: "again" }] }];
    expect(await (await chat(await fakeModel(), "", { messages })).json()).toMatchObject({ choices: [{ message: { content: "You said: again" } }] });
  });

  it("is decided by the behaviour that a test gives", async () => {
    const fake = await fakeModel({ behaviour: (body) => ({ kind: "answer", pieces: ["model ", body.model], pauseMs: 0, ending: "stop" }) });
    expect(await answerTo(fake, "hi")).toBe("model m");
  });
});

describe("directives", () => {
  it.each([
    ["[[words 3]]", "word1 word2 word3"],
    [`[[markdown ${Buffer.from("# Ti[[tle]] ü\n\n- a").toString("base64")}]]`, "# Ti[[tle]] ü\n\n- a"],
    ["[[echo]]", '[{"role":"user","content":"[[echo]]"}]'],
    ["in the middle [[status 500]]", "You said: in the middle [[status 500]]"],
    ["[[slow 1]] [[words 2]]", "word1 word2"],
  ])("%s answers exactly that, streamed or not", async (text, expected) => {
    const fake = await fakeModel();
    expect(await answerTo(fake, text)).toBe(expected);
    expect((await streamed(fake, text)).text).toBe(expected);
  });

  it("[[slow]] pauses before each piece", async () => {
    const started = performance.now();
    await streamed(await fakeModel(), "[[slow 20]][[words 5]]");
    expect(performance.now() - started).toBeGreaterThan(90);
  });

  it("[[huge]] answers with 10 MB", async () => {
    expect((await streamed(await fakeModel(), "[[huge]]")).text.length).toBe(hugeBytes);
  });

  it("[[finish length]] says why it ended", async () => {
    const { chunks } = await streamed(await fakeModel(), "[[finish length]]cut");
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("length");
  });

  it.each([["[[solw 20]]", "[[solw]]"], ["[[words many]]", "many"], ["[[status]]", "whole number"], ["[[finish now]]", "now"]])(
    "%s is refused, so that a typing mistake is seen",
    async (text, reason) => {
      const reply = await chat(await fakeModel(), text);
      expect(reply.status).toBe(400);
      expect(await reply.text()).toContain(reason);
    },
  );
});

describe("misbehaviour", () => {
  it("[[status 429 retry-after=7]] is a rate limit to the openai client", async () => {
    const error = await answerTo(await fakeModel(), "[[status 429 retry-after=7]]").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RateLimitError);
    expect((error as RateLimitError).headers.get("retry-after")).toBe("7");
  });

  it("[[status 500]] is an error in OpenAI's shape", async () => {
    const reply = await chat(await fakeModel(), "[[status 500]]");
    expect([reply.status, await reply.json()]).toEqual([500, { error: { message: "the fake answers 500", type: "fake_error", param: null, code: null } }]);
  });

  it("[[garbage]] is neither an event stream nor JSON", async () => {
    const fake = await fakeModel();
    expect(await (await chat(fake, "[[garbage]]", { stream: true })).text()).not.toContain("data:");
    await expect((await chat(fake, "[[garbage]]")).json()).rejects.toThrow();
  });

  it("[[half]] breaks off after a part of the answer", async () => {
    const fake = await fakeModel();
    const reply = await chat(fake, "[[half]][[words 100]]", { stream: true });
    let seen = "";
    await expect(async () => {
      for await (const bytes of reply.body ?? []) seen += Buffer.from(bytes).toString();
    }).rejects.toThrow();
    expect(seen).toContain("word50");
    expect(seen).not.toContain("word51");
    await expect(chat(fake, "[[half]]").then((whole) => whole.text())).rejects.toThrow();
    expect(fake.requests.map((request) => request.aborted)).toEqual([false, false]);
  });

  it("[[finish error]] breaks off with an error event", async () => {
    await expect(streamed(await fakeModel(), "[[finish error]]")).rejects.toThrow(APIError);
  });

  it("[[redirect]] points elsewhere", async () => {
    const reply = await chat(await fakeModel(), "[[redirect http://127.0.0.1:9/away]]");
    expect([reply.status, reply.headers.get("location")]).toEqual([307, "http://127.0.0.1:9/away"]);
  });

  it("[[key-in-error]] repeats the Authorization header", async () => {
    const reply = await chat(await fakeModel(), "[[key-in-error]]");
    expect(reply.status).toBe(401);
    expect(await reply.text()).toContain("Bearer sk-secret");
  });

  it.each(["[[never-ends]]", "[[silent]]"])("%s goes on until the client leaves, which is recorded", async (text) => {
    const fake = await fakeModel();
    for (const stream of [true, false]) {
      const controller = new AbortController();
      const reply = chat(fake, text, { stream }, controller.signal).then((response) => response.text());
      setTimeout(() => controller.abort(), 50);
      await expect(reply).rejects.toThrow("aborted");
    }
    await expect.poll(() => fake.requests.map((request) => request.aborted)).toEqual([true, true]);
  });
});

describe("the door", () => {
  it("lists models", async () => {
    const page = await client(await fakeModel({ models: ["a", "b"] })).models.list();
    expect(page.data.map((model) => model.id)).toEqual(["a", "b"]);
  });

  it("refuses another key, and none, when a key is asked for", async () => {
    const fake = await fakeModel({ apiKey: "sk-right" });
    await expect(client(fake, "sk-wrong").models.list()).rejects.toThrow(AuthenticationError);
    expect((await fetch(`${fake.url}/models`)).status).toBe(401);
    expect((await client(fake, "sk-right").models.list()).data).toHaveLength(1);
  });

  it.each([
    "", "{", "[]", "null", "{}",
    '{"model":"m"}', '{"model":"m","messages":[]}', '{"model":"","messages":[{"role":"user","content":"x"}]}',
    '{"model":"m","messages":[{"role":"king","content":"x"}]}', '{"model":"m","messages":[{"role":"user"}]}',
    '{"model":"m","messages":[{"role":"user","content":[]}]}', '{"model":"m","messages":[{"role":"user","content":"x"}],"stream":"yes"}',
    '{"model":"m","messages":[{"role":"user","content":"x"}],"stream_options":{"include_usage":true}}',
  ])("refuses a malformed body: %s", async (body) => {
    const reply = await fetch(`${(await fakeModel()).url}/chat/completions`, { method: "POST", body });
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ error: { type: "invalid_request_error" } });
  });

  it("does not know other routes", async () => {
    const fake = await fakeModel();
    expect((await fetch(`${fake.url}/chat/completions`)).status).toBe(404);
    expect((await fetch(`${fake.url}/embeddings`, { method: "POST", body: "{}" })).status).toBe(404);
  });
});

describe("the record", () => {
  it("holds what arrived, refused or not", async () => {
    const fake = await fakeModel();
    await chat(fake, "hi");
    await fetch(`${fake.url}/chat/completions`, { method: "POST", body: "{" });
    expect(fake.requests).toMatchObject([
      { method: "POST", path: "/v1/chat/completions", headers: { authorization: "Bearer sk-secret" }, body: { model: "m", messages: [{ role: "user", content: "hi" }] }, aborted: false },
      { body: "{", aborted: false },
    ]);
  });
});

describe("close", () => {
  it("ends open streams and silent requests, which are not the client's doing, and can be called again", async () => {
    const fake = await fakeModel();
    const replies = ["[[never-ends]]", "[[silent]]", "[[slow 60000]]"].map((text) => chat(fake, text, { stream: true }).then((reply) => reply.text()));
    const outcomes = Promise.allSettled(replies);
    await expect.poll(() => fake.requests.length).toBe(3);
    await fake.close();
    await fake.close();
    expect((await outcomes).map((outcome) => outcome.status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(fake.requests.map((request) => request.aborted)).toEqual([false, false, false]);
    await expect(fetch(`${fake.url}/models`)).rejects.toThrow();
  });
});
