/** A request of the OpenAI chat completions API, as far as it is taken (platform.openai.com/docs/api-reference/chat/create). */
import { z } from "zod";
import type { ChatMessage, ModelParameters } from "../../ports.ts";
import { Problem } from "../../problems.ts";

const text = z.string().refine((value) => value.isWellFormed(), "must not hold half a surrogate pair");
const parts = z.array(z.strictObject({ type: z.literal("text", "only text is taken; addresses are never fetched"), text })).transform((list) => list.map((part) => part.text).join(""));
const content = z.union([text, parts]);

const message = z.discriminatedUnion("role", [
  z.object({ role: z.enum(["system", "developer"]), content }),
  z.object({ role: z.literal("user"), content }),
  z.object({ role: z.literal("assistant"), content }),
]);

const stopSequence = z.string().min(1).max(200);
const unused = z.unknown().optional();

/** What is not in here is refused by name: ignoring a parameter would give an answer that was not asked for. */
export const chatRequest = z.strictObject({
  model: z.string(),
  messages: z.array(message).min(1).max(2048),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  stop: z.union([stopSequence, z.array(stopSequence).max(4)]).nullish(),
  seed: z.int().nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  n: z.literal(1, "only one choice is made").nullish(),
  store: z.boolean().nullish(),
  // These say something about the sender or the bill; an answer is the same without them.
  user: unused,
  metadata: unused,
  service_tier: unused,
  safety_identifier: unused,
  prompt_cache_key: unused,
});

export type ChatRequest = z.infer<typeof chatRequest>;

export interface Conversation {
  /** @default - the request holds none */
  readonly system?: string;
  readonly messages: readonly ChatMessage[];
}

/** @throws {Problem} `malformed` when the last message is not the user's */
export function toConversation({ messages }: ChatRequest): Conversation {
  const system = messages.filter(({ role }) => role === "system" || role === "developer").map((one) => one.content).join("\n\n");
  const chat = messages.flatMap((one): ChatMessage[] => (one.role === "user" || one.role === "assistant" ? [{ role: one.role, text: one.content }] : []));
  if (chat.at(-1)?.role !== "user") throw new Problem("malformed", { detail: "messages: the last one must be the user's" });
  return { messages: chat, ...(system === "" ? {} : { system }) };
}

export function toParameters({ temperature, top_p, stop, seed, presence_penalty, frequency_penalty }: ChatRequest): ModelParameters {
  return {
    ...(temperature == null ? {} : { temperature }),
    ...(top_p == null ? {} : { topP: top_p }),
    ...(stop == null ? {} : { stop: [stop].flat() }),
    ...(seed == null ? {} : { seed }),
    ...(presence_penalty == null ? {} : { presencePenalty: presence_penalty }),
    ...(frequency_penalty == null ? {} : { frequencyPenalty: frequency_penalty }),
  };
}
