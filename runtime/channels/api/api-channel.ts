/**
 * The way in for programs: the OpenAI chat completions API, so that any client of it works. Content sent through it is not
 * kept, unless the request says `store: true`.
 */
import type { Inbound, Submission, TurnEnd } from "../../chat/inbound.ts";
import { eventStream } from "../../http/event-stream.ts";
import type { ServerEvent } from "../../http/event-stream.ts";
import { problemHeaders } from "../../http/problem-response.ts";
import { readJson } from "../../http/read-json.ts";
import type { Channel, TokenUsage } from "../../ports.ts";
import { Problem } from "../../problems.ts";
import type { ChatRequest } from "./chat-request.ts";
import { chatRequest, toConversation, toParameters } from "./chat-request.ts";

export interface ApiInbound extends Inbound {
  readonly chat: ChatRequest;
}

/** @param modelName of the model that answers now; requests for another one are refused, not redirected */
export function createApiChannel(modelName: () => Promise<string>, now: () => number): Channel<ApiInbound> {
  return {
    name: "api",

    async receive(request): Promise<ApiInbound> {
      const chat = await readJson(request, chatRequest);
      const served = await modelName();
      if (chat.model !== served) throw new Problem("unknown_model", { detail: `got "${chat.model.slice(0, 80)}", there is "${served}"` });
      const { system, messages } = toConversation(chat);
      const maxOutputTokens = chat.max_completion_tokens ?? chat.max_tokens ?? undefined;
      const last = messages.at(-1);
      return {
        channel: "api",
        update: updateOf(request),
        ask: chat.store === true && last ? { type: "message", text: last.text, earlier: messages.slice(0, -1) } : { type: "unkept", messages },
        parameters: toParameters(chat),
        ...(system === undefined ? {} : { system }),
        ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
        chat,
      };
    },

    async reply(submission, { chat }, request) {
      // What is not kept is of no use to anybody once the program has gone.
      if (chat.store !== true) {
        request.signal.addEventListener("abort", submission.stop);
        // It may have gone while its message was being taken in.
        if (request.signal.aborted) submission.stop();
      }
      const head = { id: `chatcmpl-${submission.turn}`, created: Math.floor(now() / 1000), model: chat.model };
      if (chat.stream === true) return eventStream(toChunks(submission, head, chat.stream_options?.include_usage === true));
      return completion(submission, head);
    },

    refuse: refuseLikeOpenAI,
  };
}

/** An error in OpenAI's shape (platform.openai.com/docs/guides/error-codes). */
export function refuseLikeOpenAI(problem: Problem): Response {
  return new Response(JSON.stringify(toError(problem)), { status: problem.status, headers: { "content-type": "application/json", ...problemHeaders(problem) } });
}

function toError({ status, reason, title, details }: Pick<Problem, "status" | "reason" | "title" | "details">) {
  const type = status === 401 ? "authentication_error" : status === 403 ? "permission_error" : status === 429 ? "rate_limit_error" : status < 500 ? "invalid_request_error" : "server_error";
  return { error: { message: `${title}: ${details.detail}${details.fix === undefined ? "" : ` (${details.fix})`}`, type, param: null, code: reason } };
}

/** A repeated key is the same request; without one each request is its own. */
function updateOf(request: Request): string {
  const key = request.headers.get("idempotency-key");
  if (key === null) return crypto.randomUUID();
  if (!/^[\x21-\x7e]{1,200}$/.test(key)) throw new Problem("malformed", { detail: "Idempotency-Key must be 1 to 200 printable ASCII characters without spaces" });
  return key;
}

interface Head {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

async function completion({ events }: Submission, head: Head): Promise<Response> {
  let content = "";
  for await (const event of events()) {
    if (event.type === "text") content += event.text;
    else if (event.end.problem) return refuseLikeOpenAI(fromTurn(event.end.problem));
    else {
      const message = { role: "assistant", content, refusal: null };
      return Response.json({ ...head, object: "chat.completion", choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(event.end) }], usage: toUsage(event.end.usage) });
    }
  }
  return refuseLikeOpenAI(new Problem("internal", { detail: "the answer has no end" }));
}

async function* toChunks({ events }: Submission, head: Head, includeUsage: boolean): AsyncGenerator<ServerEvent> {
  const chunk = (delta: object, finish_reason: string | null) => ({ ...head, object: "chat.completion.chunk", choices: [{ index: 0, delta, logprobs: null, finish_reason }], ...(includeUsage ? { usage: null } : {}) });
  yield toData(chunk({ role: "assistant", content: "" }, null));
  for await (const event of events()) {
    if (event.type === "text") yield toData(chunk({ content: event.text }, null));
    else if (event.end.problem) return yield toData(toError(fromTurn(event.end.problem)));
    else {
      yield toData(chunk({}, finishReason(event.end)));
      if (includeUsage) yield toData({ ...chunk({}, null), choices: [], usage: toUsage(event.end.usage) });
    }
  }
  yield { data: "[DONE]" };
}

function toData(value: object): ServerEvent {
  return { data: JSON.stringify(value) };
}

/** A turn's problem as the one it was made of. */
function fromTurn({ reason, detail, fix, retryAfter: seconds }: NonNullable<TurnEnd["problem"]>): Problem {
  return new Problem(reason, { detail, ...(fix === undefined ? {} : { fix }), ...(seconds === undefined ? {} : { retryAfter: seconds }) });
}

function finishReason({ state, cause }: TurnEnd): string {
  if (state === "stopped" || cause === undefined) return "stop";
  return cause === "length" ? "length" : "content_filter";
}

function toUsage({ inputTokens, outputTokens }: TokenUsage) {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens };
}
