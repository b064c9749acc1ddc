/** The app with an OpenAI-compatible provider: the fake one, or a socket that answers with exact bytes. */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { chatter } from "../../chat/support/chatter.ts";
import type { Chatter } from "../../chat/support/chatter.ts";
import { startFakeModel } from "../../fakes/model.ts";
import type { FakeModel, FakeModelOptions } from "../../fakes/model.ts";
import { createTestApp } from "../../support/test-app.ts";
import type { TestApp } from "../../support/test-app.ts";

export const KEY = "sk-canary-5f2d9c71e0b84a36";

export interface Asked {
  readonly app: TestApp;
  readonly ada: Chatter;
  /** Host and port of the provider, as problems name it. */
  readonly host: string;
}

export async function fakeProvider(options: FakeModelOptions = {}, env: Record<string, string> = {}): Promise<Asked & { readonly fake: FakeModel }> {
  const fake = await startFakeModel(options);
  onTestFinished(fake.close);
  return { fake, ...(await appAt(fake.url, env)) };
}

/** A provider whose every reply the test writes itself. */
export async function rawProvider(reply: (response: ServerResponse, request: IncomingMessage) => void): Promise<Asked> {
  return appAt(`${await listen(reply)}/v1`);
}

/** An app whose model is at this address. */
export async function appAt(baseUrl: string, env: Record<string, string> = {}): Promise<Asked> {
  const model = { HOLDFAST_MODEL_PROVIDER: "openai-compatible", HOLDFAST_MODEL_NAME: "test-model", HOLDFAST_MODEL_BASE_URL: baseUrl, HOLDFAST_MODEL_API_KEY: KEY };
  const app = await createTestApp({ fetch: globalThis.fetch, env: { ...model, HOLDFAST_REQUESTS_PER_MINUTE: "1000", ...env } });
  return { app, ada: await chatter(app), host: new URL(baseUrl).host };
}

/** An HTTP server on loopback for the length of the test; returns its origin. */
export async function listen(reply: (response: ServerResponse, request: IncomingMessage) => void): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    reply(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Server-sent events of the chat completions API. */
export function streamOf(...events: readonly unknown[]): string {
  return events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`).join("");
}

export function delta(content: object, finish_reason: string | null = null): object {
  return { id: "x", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta: content, finish_reason }] };
}

export function sendStream(response: ServerResponse, ...events: readonly unknown[]): void {
  response.writeHead(200, { "content-type": "text/event-stream" }).end(streamOf(...events));
}
