/** An OpenAI-compatible provider on loopback that also misbehaves: what each directive does is in model-behaviour.ts. */
import { createServer } from "node:http";
import { behaviourOf } from "./model-behaviour.ts";
import { fail, play } from "./model-stage.ts";
import { checkBody, modelList } from "./model-wire.ts";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Behaviour } from "./model-behaviour.ts";
import type { ChatBody } from "./model-wire.ts";

export interface FakeModelOptions {
  /** @default - any key, or none, is accepted */
  readonly apiKey?: string;
  /** @default - the directives in the last user message decide, see `behaviourOf` */
  readonly behaviour?: (body: ChatBody) => Behaviour;
  /** The names in `GET /v1/models`; a chat request may name any model. @default - `fake-model` */
  readonly models?: readonly string[];
  /** @default - one that is free */
  readonly port?: number;
}

/** One request as it arrived, recorded whether it was accepted or refused. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The parsed JSON; the text as it came when it is no JSON; undefined when there was none or it has not fully arrived. */
  body: unknown;
  /** True as soon as the client closed the connection before it had the whole answer. */
  aborted: boolean;
}

export interface FakeModel {
  /** Base URL, ends in `/v1`. */
  readonly url: string;
  /** In order of arrival. A test may empty it. */
  readonly requests: RecordedRequest[];
  /** Resolves when every connection is closed, open streams and silent ones included. Later calls do nothing. */
  close(): Promise<void>;
}

/** A body of more than this is refused with 413. */
const maxBodyBytes = 32 * 1024 * 1024;

export async function startFakeModel(options: FakeModelOptions = {}): Promise<FakeModel> {
  const requests: RecordedRequest[] = [];
  const closing = new AbortController();
  const server = createServer((request, response) => {
    void answer(request, response, { options, requests, closing: closing.signal });
  });
  // Longer than any pause in a test: a client never meets a connection that is just being closed.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error(`no port to listen on: got ${String(address)}`);
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    requests,
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

interface Fake {
  readonly options: FakeModelOptions;
  readonly requests: RecordedRequest[];
  readonly closing: AbortSignal;
}

async function answer(request: IncomingMessage, response: ServerResponse, fake: Fake): Promise<void> {
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  const record: RecordedRequest = { method: request.method ?? "", path, headers: request.headers, body: undefined, aborted: false };
  fake.requests.push(record);
  const { gone, cut } = watch(response, record, fake.closing);
  const bytes = await readBody(request);
  if (bytes === "gone") return;
  if (bytes === "too_long") return fail(response, 413, `the body is longer than ${maxBodyBytes} bytes`, "invalid_request_error");
  record.body = parsed(bytes);

  const { authorization } = request.headers;
  if (fake.options.apiKey !== undefined && authorization !== `Bearer ${fake.options.apiKey}`) {
    return fail(response, 401, authorization === undefined ? "You didn't provide an API key." : "Incorrect API key provided.", "invalid_request_error");
  }
  const route = `${record.method} ${path}`;
  if (route === "GET /v1/models") {
    response.writeHead(200, { "content-type": "application/json" }).end(modelList(fake.options.models ?? ["fake-model"]));
    return;
  }
  if (route !== "POST /v1/chat/completions") return fail(response, 404, `Invalid URL (${route})`, "invalid_request_error");
  const check = checkBody(record.body);
  if (!check.ok) return fail(response, 400, check.reason, "invalid_request_error");
  const behaviour = decide(check.body, fake.options.behaviour ?? behaviourOf);
  if (typeof behaviour === "string") return fail(response, 400, behaviour, "invalid_request_error");
  await play(behaviour, { response, body: check.body, authorization, gone, cut });
}

/** A directive that does not exist is told to the client: a throw here would end the test runner instead. */
function decide(body: ChatBody, behaviour: (body: ChatBody) => Behaviour): Behaviour | string {
  try {
    return behaviour(body);
  } catch (error) {
    return String(error);
  }
}

/** Tells a client that left from an end that the fake itself made. */
function watch(response: ServerResponse, record: RecordedRequest, closing: AbortSignal): { gone: AbortSignal; cut: () => void } {
  const left = new AbortController();
  let ours = false;
  response.on("close", () => {
    record.aborted = !response.writableFinished && !ours && !closing.aborted;
    left.abort();
  });
  function cut(): void {
    ours = true;
    response.destroy();
  }
  return { gone: AbortSignal.any([left.signal, closing]), cut };
}

async function readBody(request: IncomingMessage): Promise<Buffer | "gone" | "too_long"> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length <= maxBodyBytes) chunks.push(chunk);
    }
  } catch {
    return "gone"; // the connection closed in the middle of the body; watch() has recorded it
  }
  return length > maxBodyBytes ? "too_long" : Buffer.concat(chunks);
}

function parsed(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  const text = bytes.toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
