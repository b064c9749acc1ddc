import { describe, expect, it } from "vitest";
import { fakeProvider } from "../models/support/provider.ts";
import { programOf } from "./support/openai-client.ts";

const hello = [{ role: "user", content: "Hello" }] as const;

async function setUp(env: Record<string, string> = {}) {
  const { app, ada, fake } = await fakeProvider({}, env);
  return { app, ada, fake, ...(await programOf(app, ada.person)) };
}

describe("models", () => {
  it("are the one that answers, in the list and by name", async () => {
    const { client } = await setUp({ HOLDFAST_MODEL_NAME: "org/test-model:7b" });
    const model = { id: "org/test-model:7b", object: "model", created: 0, owned_by: "openai-compatible" };

    expect((await client.models.list()).data).toEqual([model]);
    expect(await client.models.retrieve("org/test-model:7b")).toMatchObject(model);
    await expect(client.models.retrieve("other")).rejects.toMatchObject({ status: 404, code: "unknown_model" });
  });
});

describe("a chat completion", () => {
  it("comes whole, in OpenAI's shape", async () => {
    const { client, app } = await setUp();

    const reply = await client.chat.completions.create({ model: "test-model", messages: [...hello] });

    expect(reply).toEqual({
      id: expect.stringMatching(/^chatcmpl-[\w-]{36}$/) as string,
      object: "chat.completion",
      created: app.clock.now() / 1000,
      model: "test-model",
      choices: [{ index: 0, message: { role: "assistant", content: "You said: Hello", refusal: null }, logprobs: null, finish_reason: "stop" }],
      usage: { prompt_tokens: expect.any(Number) as number, completion_tokens: 4, total_tokens: (reply.usage?.prompt_tokens ?? 0) + 4 },
    });
  });

  it.each([true, false, undefined])("streams, with usage asked for: %s", async (include_usage) => {
    const { client } = await setUp();

    const stream = await client.chat.completions.create({ model: "test-model", messages: [...hello], stream: true, ...(include_usage === undefined ? {} : { stream_options: { include_usage } }) });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);

    const last = chunks.at(include_usage === true ? -2 : -1);
    expect(chunks[0]?.choices).toEqual([{ index: 0, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: null }]);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe("You said: Hello");
    expect(last?.choices).toEqual([{ index: 0, delta: {}, logprobs: null, finish_reason: "stop" }]);
    expect(chunks.filter(({ usage }) => usage).map(({ choices, usage }) => [choices, usage?.completion_tokens])).toEqual(include_usage === true ? [[[], 4]] : []);
    expect(new Set(chunks.map(({ id, object, model }) => `${id} ${object} ${model}`))).toEqual(new Set([`${chunks[0]?.id} chat.completion.chunk test-model`]));
  });

  it("streams as server-sent events that end with [DONE]", async () => {
    const { url, headers } = await setUp();

    const response = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body: JSON.stringify({ model: "test-model", messages: hello, stream: true }) });

    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect((await response.text()).endsWith('"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')).toBe(true);
  });

  it("takes its settings to the provider, and its own system prompt in place of the assistant's", async () => {
    const { client, fake } = await setUp();

    await client.chat.completions.create({
      model: "test-model",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "developer", content: [{ type: "text", text: "Be " }, { type: "text", text: "kind." }] },
        { role: "user", content: [{ type: "text", text: "One" }, { type: "text", text: ", two" }] },
        { role: "assistant", content: "three" },
        { role: "user", content: "four?", name: "ada" },
      ],
      temperature: 0.5,
      top_p: 0.9,
      stop: ["END", "STOP"],
      seed: 7,
      presence_penalty: 0.25,
      frequency_penalty: -0.25,
      max_completion_tokens: 55,
      n: 1,
      user: "ada@example.org",
      metadata: { a: "b" },
    });

    expect(fake.requests.map(({ body }) => body)).toEqual([
      {
        model: "test-model",
        messages: [
          { role: "system", content: "Be brief.\n\nBe kind." },
          { role: "user", content: "One, two" },
          { role: "assistant", content: "three" },
          { role: "user", content: "four?" },
        ],
        temperature: 0.5,
        top_p: 0.9,
        stop: ["END", "STOP"],
        seed: 7,
        presence_penalty: 0.25,
        frequency_penalty: -0.25,
        max_tokens: 55,
        stream: true,
        stream_options: { include_usage: true },
      },
    ]);
  });

  it.each([
    [{ max_tokens: 20 }, 20],
    [{ max_completion_tokens: 30 }, 30],
    [{ max_tokens: 20, max_completion_tokens: 30 }, 30],
    [{ max_tokens: 1_000_000 }, 4096],
    [{}, 4096],
    [{ max_tokens: null, temperature: null, stop: null, seed: null, stream: null, n: null, store: null }, 4096],
  ])("with %o asks the provider for at most %i tokens", async (limits, max_tokens) => {
    const { client, fake } = await setUp();

    await client.chat.completions.create({ model: "test-model", messages: [...hello], ...limits, stream: false });

    expect(fake.requests[0]?.body).toMatchObject({ max_tokens });
  });

  it.each([["length", "length"], ["content_filter", "content_filter"]])("says that it ended for %s", async (finish, expected) => {
    const { client } = await setUp();
    const reply = await client.chat.completions.create({ model: "test-model", messages: [{ role: "user", content: `[[finish ${finish}]]x` }] });
    expect(reply.choices[0]?.finish_reason).toBe(expected);
  });

  it("ends at the provider when the program goes away, and counts what was said", async () => {
    const { client, fake, app } = await setUp();
    const stream = await client.chat.completions.create({ model: "test-model", messages: [{ role: "user", content: "[[never-ends]]" }], stream: true });
    let pieces = 0;
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content && (pieces += 1) > 1) break;

    await expect.poll(() => fake.requests[0]?.aborted).toBe(true);
    const states = async () => (await app.store.read([{ sql: "SELECT state, reserved, output_tokens > 0 AS counted FROM turns", params: [] }]))[0];
    await expect.poll(states).toEqual([{ state: "stopped", reserved: 0, counted: 1 }]);
  });

  it("ends at the provider when a program leaves that waits for the whole", async () => {
    const { client, fake } = await setUp();
    const leaving = new AbortController();
    const call = client.chat.completions.create({ model: "test-model", messages: [{ role: "user", content: "[[silent]]" }] }, { signal: leaving.signal });
    const failed = expect(call).rejects.toThrow("aborted");
    await expect.poll(() => fake.requests.length).toBe(1);

    leaving.abort();

    await failed;
    await expect.poll(() => fake.requests[0]?.aborted).toBe(true);
  });

  it("goes on when its program has left, if it is to be stored", async () => {
    const { client, fake, ada } = await setUp();
    const stream = await client.chat.completions.create({ model: "test-model", messages: [{ role: "user", content: "[[slow 20]][[words 20]]" }], stream: true, store: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;

    const turns = async () => {
      const [conversation] = (await ada.get("/api/conversations")).body["conversations"] as { id: string }[];
      return ada.turns(conversation?.id ?? "");
    };
    await expect.poll(turns).toMatchObject([{ state: "complete", answer: expect.stringMatching(/^word1 .* word20$/) as string }]);
    expect(fake.requests[0]?.aborted).toBe(false);
  });
});
