/** The context window: which messages of a conversation go to the provider, within a budget of tokens. */
import type { StoredMessage } from "./messages.ts";
import { estimateMessageTokens } from "./tokens.ts";

export type Window =
  | { readonly fits: true; readonly messages: readonly StoredMessage[]; readonly tokens: number }
  /** The newest message alone is larger than the budget. */
  | { readonly fits: false; readonly tokens: number };

/**
 * The newest message of the person, `ask`, and before it as many whole exchanges as fit, newest first, without a gap.
 * An exchange is a message and the last answer to it. A message whose last answer is empty, or that has none, is left out,
 * because many providers refuse two messages of a person in a row.
 *
 * @param history in order of sequence; answers to `ask` itself are ignored, it is being asked again
 * @param budget in tokens, as estimateMessageTokens counts them
 */
export function contextWindow(history: readonly StoredMessage[], ask: StoredMessage, budget: number): Window {
  let tokens = estimateMessageTokens(ask);
  if (tokens > budget) return { fits: false, tokens };
  let messages: readonly StoredMessage[] = [ask];
  for (const exchange of exchanges(history, ask).toReversed()) {
    const cost = exchange.reduce((sum, message) => sum + estimateMessageTokens(message), 0);
    if (tokens + cost > budget) break;
    tokens += cost;
    messages = [...exchange, ...messages];
  }
  return { fits: true, messages, tokens };
}

function exchanges(history: readonly StoredMessage[], ask: StoredMessage): [StoredMessage, StoredMessage][] {
  const answers = new Map<number, StoredMessage>();
  for (const message of history) {
    if (message.role === "assistant") answers.set(message.answers, message);
  }
  return history.flatMap((message): [StoredMessage, StoredMessage][] => {
    const answer = answers.get(message.seq);
    return message.role === "user" && message.seq < ask.seq && answer && answer.text !== "" ? [[message, answer]] : [];
  });
}
