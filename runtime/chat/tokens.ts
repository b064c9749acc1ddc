/** Token counts, estimated: no tokenizer fits every model, and the provider's own count replaces the estimate afterwards. */
import { estimateTokenCount } from "tokenx";
import type { ChatMessage } from "../ports.ts";

/** What chat templates add around a message. */
const TOKENS_AROUND_A_MESSAGE = 4;
/** The estimator counts white space as nothing; a tokenizer packs at most about this much of it into a token. */
const CHARACTERS_A_TOKEN_AT_MOST = 8;

export function estimateTokens(text: string): number {
  return Math.max(estimateTokenCount(text), Math.ceil(text.length / CHARACTERS_A_TOKEN_AT_MOST));
}

export function estimateMessageTokens({ text }: Pick<ChatMessage, "text">): number {
  return estimateTokens(text) + TOKENS_AROUND_A_MESSAGE;
}
