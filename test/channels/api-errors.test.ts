import { AuthenticationError, APIError, InternalServerError, NotFoundError, PermissionDeniedError, RateLimitError } from "openai";
import { describe, expect, it } from "vitest";
import { createTestApp } from "../support/test-app.ts";
import { KEY, fakeProvider } from "../models/support/provider.ts";
import { errorOf, programOf } from "./support/openai-client.ts";

async function setUp(env: Record<string, string> = {}, apiKey?: string) {
  const { app, ada, fake, host } = await fakeProvider({}, env);
  return { app, ada, fake, host, ...(await programOf(app, ada.person, apiKey)) };
}

const say = (content: string) => ({ model: "test-model", messages: [{ role: "user" as const, content }] });

describe("a refusal reaches the openai client as its own error class", () => {
  it("for a wrong key", async () => {
    const { client, fake } = await setUp({}, "holdfast_wrong");

    const error = await errorOf(client.chat.completions.create(say("Hello")));

    expect(error).toBeInstanceOf(AuthenticationError);
    expect((error as APIError).error).toEqual({
      message: "this API key does not work: it is unknown, was revoked, or is not sent as: Authorization: Bearer holdfast_… (make one with: npm run admin -- key create <name>)",
      type: "authentication_error",
      param: null,
      code: "key_invalid",
    });
    expect(fake.requests).toEqual([]);
  });

  it("for a key of another scope", async () => {
    const { app, ada } = await setUp();
    const { authorization = "" } = await app.key(ada.person, "admin");
    const { client } = await programOf(app, ada.person, authorization.slice("Bearer ".length));

    const error = await errorOf(client.chat.completions.create(say("Hello")));

    expect(error).toBeInstanceOf(PermissionDeniedError);
    expect((error as APIError).error).toEqual({ message: "this needs another role or scope: this key lacks the scope chat", type: "permission_error", param: null, code: "not_allowed" });
  });

  it("for another model", async () => {
    const { client, fake } = await setUp();

    const error = await errorOf(client.chat.completions.create({ ...say("Hello"), model: "gpt-4o" }));

    expect(error).toBeInstanceOf(NotFoundError);
    expect((error as APIError).error).toEqual({ message: 'there is no such model: got "gpt-4o", there is "test-model"', type: "invalid_request_error", param: null, code: "unknown_model" });
    expect(fake.requests).toEqual([]);
  });

  it("for the day's limit and for the minute's, with when to come back", async () => {
    const { client } = await setUp({ HOLDFAST_REQUESTS_PER_MINUTE: "1" });
    await client.chat.completions.create(say("Hello"));
    const minute = await errorOf(client.chat.completions.create(say("Hello")));
    const small = await setUp({ HOLDFAST_TOKENS_PER_DAY: "10" });
    const day = await errorOf(small.client.chat.completions.create(say("Hello")));

    expect([minute, day].map((error) => error instanceof RateLimitError && [error.status, error.code, error.type, error.headers.get("retry-after")])).toEqual([
      [429, "rate_limit", "rate_limit_error", "60"],
      [429, "daily_limit", "rate_limit_error", "43200"],
    ]);
  });

  it.each([
    ["[[status 401]]", 502, "model_refused"],
    ["[[status 500]]", 502, "model_failed"],
    ["[[garbage]]", 502, "model_failed"],
    ["[[status 429 retry-after=7]]", 503, "model_rate_limit"],
    ["[[key-in-error]]", 502, "model_refused"],
  ])("for a provider that fails: %s", async (text, status, code) => {
    const { client } = await setUp();

    const error = await errorOf(client.chat.completions.create(say(text)));

    expect(error).toBeInstanceOf(InternalServerError);
    expect(error).toMatchObject({ status, code, type: "server_error", param: null });
    expect(JSON.stringify((error as APIError).error)).not.toContain(KEY);
    expect((error as APIError).headers?.get("retry-after")).toBe(text.includes("retry-after") ? "7" : null);
  });

  it("in the middle of a stream, after what was said", async () => {
    const { client, host } = await setUp();
    const stream = await client.chat.completions.create({ ...say("[[finish error]][[words 3]]"), stream: true });
    let text = "";

    const error = await errorOf((async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    })());

    expect(text).toBe("word1 word2 word3");
    expect(error).toBeInstanceOf(APIError);
    expect((error as APIError).error).toEqual({ message: `the model provider failed: the answer of ${host} broke off or was not understood (try again)`, type: "server_error", param: null, code: "model_failed" });
  });
});

describe("a request that is not taken names what is wrong", () => {
  const user = { role: "user", content: "Hello" };

  it.each([
    ["an image", { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "https://192.0.2.1/x.png" } }] }] }, "only text is taken; addresses are never fetched"],
    ["tools", { tools: [{ type: "function", function: { name: "f" } }] }, '"tools"'],
    ["functions", { functions: [] }, '"functions"'],
    ["a response format", { response_format: { type: "json_object" } }, '"response_format"'],
    ["log probabilities", { logprobs: true }, '"logprobs"'],
    ["two choices", { n: 2 }, "n: only one choice is made"],
    ["a message of a tool", { messages: [user, { role: "tool", content: "x", tool_call_id: "1" }] }, "messages.1.role"],
    ["no messages", { messages: [] }, "messages"],
    ["a last word that is the assistant's", { messages: [user, { role: "assistant", content: "Hi" }] }, "messages: the last one must be the user's"],
    ["a temperature out of range", { temperature: 3 }, "temperature"],
    ["no tokens at all", { max_tokens: 0 }, "max_tokens"],
    ["half a character", { messages: [{ role: "user", content: "a\ud83e" }] }, "half a surrogate pair"],
    ["a model that is no name", { model: 7 }, "model"],
  ])("%s", async (_name, body, words) => {
    const { url, headers, fake } = await setUp();

    const response = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body: JSON.stringify({ model: "test-model", messages: [user], ...body }) });

    const { error, ...rest } = (await response.json()) as { error: Record<string, unknown> };
    expect([response.status, response.headers.get("content-type"), rest]).toEqual([400, "application/json", {}]);
    expect(error).toEqual({ message: expect.stringContaining(words) as string, type: "invalid_request_error", param: null, code: "malformed" });
    expect(fake.requests).toEqual([]);
  });

  it.each([["not JSON", "{", 400], ["nothing", "", 400], ["a list", "[]", 400], ["more than 2 MB", JSON.stringify({ model: "test-model", messages: [{ role: "user", content: "x".repeat(2_100_000) }] }), 413]])("a body that is %s", async (_name, body, status) => {
    const { url, headers } = await setUp();

    const response = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body });

    expect([response.status, Object.keys((await response.json()) as object)]).toEqual([status, ["error"]]);
  });

  it("more context than the model may have, and says how much that is", async () => {
    const { client, fake } = await setUp({ HOLDFAST_CONTEXT_TOKENS: "500" });

    const error = await errorOf(client.chat.completions.create(say("word ".repeat(1000))));

    expect(error).toMatchObject({ status: 413, code: "message_too_long" });
    expect((error as APIError).message).toContain("at most 500 go to the model");
    expect(fake.requests).toEqual([]);
  });

  it("an address under /v1 that there is not", async () => {
    const { client } = await setUp();
    const error = await errorOf(client.embeddings.create({ model: "test-model", input: "x" }));

    expect(error).toBeInstanceOf(NotFoundError);
    expect((error as APIError).error).toMatchObject({ type: "invalid_request_error", code: "unknown_route", param: null });
  });

  it("no key at all", async () => {
    const app = await createTestApp();
    const response = await app.post("/v1/chat/completions", say("Hello"));
    expect([response.status, await response.json()]).toMatchObject([401, { error: { type: "authentication_error", code: "sign_in_needed" } }]);
  });
});
