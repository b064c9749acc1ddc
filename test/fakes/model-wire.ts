/**
 * The shapes of OpenAI's chat completions API that the fake provider speaks.
 * Source: https://platform.openai.com/docs/api-reference/chat and /docs/guides/error-codes, read in 2026-08.
 */

/** A request body that passed `checkBody`. Keys that the fake does not look at are kept as they came. */
export interface ChatBody {
  readonly model: string;
  readonly messages: readonly WireMessage[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
}

export interface WireMessage {
  readonly role: string;
  readonly content: unknown;
}

export type BodyCheck = { readonly ok: true; readonly body: ChatBody } | { readonly ok: false; readonly reason: string };

const roles = ["system", "developer", "user", "assistant", "tool", "function"];

/** Accepts what OpenAI accepts of `model`, `messages`, `stream` and `stream_options`; anything else is refused with the reason. */
export function checkBody(value: unknown): BodyCheck {
  if (!isRecord(value)) return refused("the body is not a JSON object");
  if (typeof value["model"] !== "string" || value["model"] === "") return refused("you must provide a model parameter");
  const messages = value["messages"];
  if (!Array.isArray(messages) || messages.length === 0) return refused("'messages' must be an array with at least one message");
  const wrong = messages.findIndex((message: unknown) => !isMessage(message));
  if (wrong !== -1) return refused(`invalid value for 'messages[${wrong}]'`);
  if (!isOptional(value["stream"], "boolean")) return refused("'stream' must be a boolean");
  const options = value["stream_options"];
  if (options !== undefined && options !== null) {
    if (value["stream"] !== true) return refused("'stream_options' is only allowed when 'stream' is true");
    if (!isRecord(options) || !isOptional(options["include_usage"], "boolean")) return refused("invalid value for 'stream_options'");
  }
  return { ok: true, body: value as unknown as ChatBody };
}

/** The text of the last user message, its text parts joined; empty when there is none. */
export function lastUserText(messages: readonly WireMessage[]): string {
  const content = messages.findLast((message) => message.role === "user")?.content;
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: unknown) => (isRecord(part) && typeof part["text"] === "string" ? part["text"] : "")).join("");
}

export interface WireUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** A made-up but steady count: a token for every four UTF-16 code units, rounded up. */
export function usageOf(body: ChatBody, answer: string): WireUsage {
  const prompt_tokens = Math.ceil(JSON.stringify(body.messages).length / 4);
  const completion_tokens = Math.ceil(answer.length / 4);
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

export function completion(body: ChatBody, answer: string, finishReason: string): string {
  const message = { role: "assistant", content: answer, refusal: null };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: finishReason }];
  return JSON.stringify({ ...head(body, "chat.completion"), choices, usage: usageOf(body, answer) });
}

/** One SSE event with a piece of the answer, or with the reason why it ended. */
export function deltaEvent(body: ChatBody, delta: { role?: string; content?: string }, finishReason: string | null): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
  return sse({ ...head(body, "chat.completion.chunk"), choices });
}

export function usageEvent(body: ChatBody, answer: string): string {
  return sse({ ...head(body, "chat.completion.chunk"), choices: [], usage: usageOf(body, answer) });
}

export function sse(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

export const doneEvent = "data: [DONE]\n\n";

export function errorBody(message: string, type: string, code: string | null): { error: { message: string; type: string; param: null; code: string | null } } {
  return { error: { message, type, param: null, code } };
}

export function modelList(names: readonly string[]): string {
  return JSON.stringify({ object: "list", data: names.map((id) => ({ id, object: "model", created: 1_760_000_000, owned_by: "fake" })) });
}

function head(body: ChatBody, object: string) {
  return { id: "chatcmpl-fake", object, created: 1_760_000_000, model: body.model };
}

function refused(reason: string): BodyCheck {
  return { ok: false, reason };
}

function isMessage(value: unknown): boolean {
  if (!isRecord(value) || typeof value["role"] !== "string" || !roles.includes(value["role"])) return false;
  const content = value["content"];
  if (typeof content === "string") return true;
  if (Array.isArray(content)) return content.length > 0 && content.every((part: unknown) => isRecord(part) && typeof part["type"] === "string");
  // Only an assistant that called a tool has nothing to say.
  return value["role"] === "assistant" && (content === null || content === undefined);
}

function isOptional(value: unknown, type: "boolean"): boolean {
  return value === undefined || value === null || typeof value === type;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
