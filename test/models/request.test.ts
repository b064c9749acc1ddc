import { describe, expect, it } from "vitest";
import { SYSTEM_PROMPT } from "../../runtime/chat/system-prompt.ts";
import { chatter } from "../chat/support/chatter.ts";
import { startFakeModel } from "../fakes/model.ts";
import { createTestApp } from "../support/test-app.ts";
import { KEY, appAt, fakeProvider } from "./support/provider.ts";

const system = { role: "system", content: SYSTEM_PROMPT };
const constants = { model: "test-model", stream: true, stream_options: { include_usage: true } };

describe("what goes to the provider", () => {
  it("is the model's name, the system prompt, the context and the limit, and nothing else", async () => {
    const { ada, fake } = await fakeProvider();

    const { conversation } = await ada.ask({ text: "Hello, I am Ada" });
    await ada.ask({ conversation, text: "Who am I? \u0000 🦊" });

    expect(fake.requests.map(({ body }) => body)).toEqual([
      { ...constants, max_tokens: 4096, messages: [system, { role: "user", content: "Hello, I am Ada" }] },
      { ...constants, max_tokens: 4096, messages: [system, { role: "user", content: "Hello, I am Ada" }, { role: "assistant", content: "You said: Hello, I am Ada" }, { role: "user", content: "Who am I? \u0000 🦊" }] },
    ]);
  });

  it("carries no header that tells of the person, the browser or the place", async () => {
    const { ada, app, fake } = await fakeProvider();

    await (await app.post("/api/messages", { update: "u", text: "Hello" }, { ...ada.headers, "user-agent": "Canary/1", "accept-language": "de-CH", "x-forwarded-for": "192.0.2.7", referer: "http://127.0.0.1:4747/c/1" })).text();

    const { host, connection, "content-length": _length, ...headers } = fake.requests[0]?.headers ?? {};
    expect([host, connection]).toEqual([new URL(fake.url).host, "keep-alive"]);
    expect(headers).toEqual({
      accept: "*/*",
      "accept-encoding": expect.any(String) as string,
      "accept-language": "*",
      authorization: `Bearer ${KEY}`,
      "content-type": "application/json",
      "sec-fetch-mode": "cors",
      "user-agent": expect.stringMatching(/^ai-sdk-openai-compatible\/[\d.]+ ai-sdk-provider-utils\/[\d.]+ node\.js\/\d+$/) as string,
    });
  });

  it.each(["", "/", "//"])("is one POST to the configured address, also when that ends in '%s'", async (slashes) => {
    const fake = await startFakeModel();
    const { ada } = await appAt(`${fake.url}${slashes}`);
    await ada.ask({ text: "Hello" });
    await fake.close();

    expect(fake.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /v1/chat/completions"]);
  });

  it("is asked once: a failure is not repeated behind the person's back", async () => {
    const { ada, fake } = await fakeProvider();

    for (const text of ["[[status 500]]", "[[status 429 retry-after=0]]", "[[half]]", "[[garbage]]"]) await ada.ask({ text });

    expect(fake.requests).toHaveLength(4);
  });

  it("is shown word for word as what was sent", async () => {
    const { ada, fake, host } = await fakeProvider({}, { HOLDFAST_MODEL_REGION: "eu" });
    const { conversation } = await ada.ask({ text: "First\r\n  message \u202e 🦊" });
    const again = await ada.ask({ conversation, text: "Second" });
    const retried = await ada.ask({ conversation, retry: again.turn });

    for (const [index, turn] of [again.turn, retried.turn].entries()) {
      const { body } = await ada.get(`/api/turns/${turn}/sent`);
      const sent = fake.requests[index + 1]?.body as { messages: { role: string; content: string }[]; max_tokens: number };
      const [first, ...messages] = sent.messages;
      expect(body).toEqual({
        turn,
        at: "2026-11-22T12:00:00.000Z",
        model: { provider: "openai-compatible", name: "test-model", host, region: "eu" },
        system: first?.content,
        messages: messages.map(({ role, content }) => ({ role, text: content })),
        maxOutputTokens: sent.max_tokens,
      });
    }
  });

  it("is what was sent then, also after the conversation went on and the server was configured anew", async () => {
    const { ada, app, fake } = await fakeProvider();
    const first = await ada.ask({ text: "First" });
    const before = (await ada.get(`/api/turns/${first.turn}/sent`)).body;
    const again = await ada.ask({ conversation: first.conversation, retry: first.turn });
    await ada.ask({ conversation: first.conversation, text: "More" });
    app.clock.advance(3_600_000);

    expect((await ada.get(`/api/turns/${first.turn}/sent`)).body).toEqual(before);
    expect((await ada.get(`/api/turns/${again.turn}/sent`)).body).toMatchObject({ messages: before["messages"] });
    expect(fake.requests).toHaveLength(3);
  });

  it("goes from the next message on to the model that an owner has set meanwhile, and not before", async () => {
    const [one, other] = [await fakeProvider(), await startFakeModel()];
    const app = await createTestApp({ fetch: globalThis.fetch });
    const ada = await chatter(app);
    const set = async (baseUrl: string) => (await app.post("/api/admin/model/set", { provider: "openai-compatible", name: "m", baseUrl, apiKey: KEY }, await app.key(ada.person, "admin"))).status;
    const statuses = [await set(one.fake.url)];
    const running = await ada.send({ text: "[[slow 20]]first" });
    await expect.poll(() => one.fake.requests.length).toBe(1);
    statuses.push(await set(other.url));

    const second = await ada.ask({ text: "second" });

    expect(statuses).toEqual([200, 200]);
    expect(await running.text()).toContain("You said");
    expect([one.fake.requests.length, other.requests.length, second.text]).toEqual([1, 1, "You said: second"]);
    await other.close();
  });
});
