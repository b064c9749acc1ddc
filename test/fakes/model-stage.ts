/** Plays a behaviour on one HTTP response. */
import { completion, deltaEvent, doneEvent, errorBody, sse, usageEvent } from "./model-wire.ts";
import type { ServerResponse } from "node:http";
import type { Behaviour } from "./model-behaviour.ts";
import type { ChatBody } from "./model-wire.ts";

export interface Stage {
  readonly response: ServerResponse;
  readonly body: ChatBody;
  readonly authorization: string | undefined;
  /** Aborts when the client has gone or the fake closes: nothing more is written then. */
  readonly gone: AbortSignal;
  /** Destroys the socket, as the fake's own doing. */
  cut(): void;
}

/** Resolves when there is nothing left to do for this request; at the latest soon after `gone` aborts. */
export async function play(behaviour: Behaviour, stage: Stage): Promise<void> {
  switch (behaviour.kind) {
    case "answer": return stage.body.stream === true ? streamAnswer(behaviour, stage) : wholeAnswer(behaviour, stage);
    case "half": return half(behaviour.pieces, behaviour.pauseMs, stage);
    case "never-ends": return neverEnds(behaviour.pauseMs, stage);
    case "garbage": open(stage).end(Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x7b, 0x5b, 0x0a, 0x80, 0x81, 0x0a, 0x0a])); return;
    case "silent": return until(stage.gone);
    case "redirect": stage.response.writeHead(307, { location: behaviour.location }).end(); return;
    case "status": return fail(stage.response, behaviour.status, `the fake answers ${behaviour.status}`, "fake_error", behaviour.retryAfter);
    case "key-in-error": return fail(stage.response, 401, `Incorrect API key provided: ${stage.authorization ?? "none"}`, "invalid_request_error");
    default: behaviour satisfies never;
  }
}

/** Ends the response with OpenAI's error shape. */
export function fail(response: ServerResponse, status: number, message: string, type: string, retryAfter?: string): void {
  const code = status === 401 ? "invalid_api_key" : status === 429 ? "rate_limit_exceeded" : null;
  const headers = { "content-type": "application/json", ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }) };
  response.writeHead(status, headers).end(JSON.stringify(errorBody(message, type, code)));
}

type Answer = Extract<Behaviour, { kind: "answer" }>;

async function streamAnswer({ pieces, pauseMs, ending }: Answer, stage: Stage): Promise<void> {
  const { body, response } = stage;
  await streamPieces(pieces, pauseMs, stage);
  if (ending === "error") {
    response.end(sse(errorBody("the fake fails in the middle of an answer", "server_error", null)));
    return;
  }
  const usage = body.stream_options?.include_usage === true ? usageEvent(body, pieces.join("")) : "";
  response.end(deltaEvent(body, {}, ending) + usage + doneEvent);
}

async function wholeAnswer({ pieces, pauseMs, ending }: Answer, stage: Stage): Promise<void> {
  await pause(pauseMs * pieces.length, stage.gone);
  if (ending === "error") return fail(stage.response, 500, "the fake fails in the middle of an answer", "server_error");
  open(stage).end(completion(stage.body, pieces.join(""), ending));
}

async function half(pieces: readonly string[], pauseMs: number, stage: Stage): Promise<void> {
  if (stage.body.stream === true) {
    await streamPieces(pieces.slice(0, Math.ceil(pieces.length / 2)), pauseMs, stage);
  } else {
    const whole = Buffer.from(completion(stage.body, pieces.join(""), "stop"));
    stage.response.setHeader("content-length", whole.length);
    await send(stage, whole.subarray(0, whole.length / 2));
  }
  // What was written must have left before the socket goes, or the client would see none of it.
  await pause(20, stage.gone);
  stage.cut();
}

async function neverEnds(pauseMs: number, stage: Stage): Promise<void> {
  const stream = stage.body.stream === true;
  await send(stage, stream ? deltaEvent(stage.body, { role: "assistant", content: "" }, null) : '{"choices":[{"message":{"content":"');
  while (!stage.gone.aborted) {
    await pause(Math.max(1, pauseMs), stage.gone);
    await send(stage, stream ? deltaEvent(stage.body, { content: "and on " }, null) : "and on ");
  }
}

async function streamPieces(pieces: readonly string[], pauseMs: number, stage: Stage): Promise<void> {
  await send(stage, deltaEvent(stage.body, { role: "assistant", content: "" }, null));
  for (const content of pieces) {
    if (stage.gone.aborted) return;
    await pause(pauseMs, stage.gone);
    await send(stage, deltaEvent(stage.body, { content }, null));
  }
}

/** Sends the head, once. */
function open({ response, body }: Stage): ServerResponse {
  if (response.headersSent) return response;
  const type = body.stream === true ? "text/event-stream; charset=utf-8" : "application/json";
  return response.writeHead(200, { "content-type": type, "cache-control": "no-cache" });
}

/** Writes, and waits while the client reads more slowly than the fake writes. */
async function send(stage: Stage, bytes: string | Uint8Array): Promise<void> {
  if (stage.gone.aborted || open(stage).write(bytes)) return;
  await new Promise<void>((resolve) => {
    function go(): void {
      stage.response.off("drain", go);
      stage.gone.removeEventListener("abort", go);
      resolve();
    }
    stage.response.on("drain", go);
    stage.gone.addEventListener("abort", go);
  });
}

async function pause(ms: number, gone: AbortSignal): Promise<void> {
  if (ms <= 0 || gone.aborted) return;
  await new Promise<void>((resolve) => {
    function go(): void {
      clearTimeout(timer);
      gone.removeEventListener("abort", go);
      resolve();
    }
    const timer = setTimeout(go, ms);
    gone.addEventListener("abort", go);
  });
}

async function until(gone: AbortSignal): Promise<void> {
  if (!gone.aborted) await new Promise((resolve) => gone.addEventListener("abort", resolve, { once: true }));
}
