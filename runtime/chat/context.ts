/** The question of a turn with what came before it: what goes to the model, and what of it is to be stored. */
import type { DataKey } from "../crypto/envelope.ts";
import type { PersonKeys } from "../crypto/person-keys.ts";
import type { ChatMessage, Row, Statement } from "../ports.ts";
import { Problem } from "../problems.ts";
import { openConversation, readConversation, titleOf } from "./conversation-rows.ts";
import type { Conversation } from "./conversation-rows.ts";
import type { Ask } from "./inbound.ts";
import { openMessage, openNewest, toChatMessage } from "./messages.ts";
import type { Owner, StoredMessage } from "./messages.ts";
import { estimateMessageTokens } from "./tokens.ts";
import { contextWindow } from "./window.ts";

/** A turn that is about to begin, in its conversation, which may be new. */
export interface Beginning extends Owner {
  readonly turn: string;
  readonly now: number;
}

export interface Context {
  /** In order; the question is last. */
  readonly messages: readonly ChatMessage[];
  /** Of these messages, estimated. */
  readonly tokens: number;
  /** @default - nothing of the content is kept */
  readonly kept?: KeptTurn;
}

export interface KeptTurn {
  readonly dataKey: DataKey;
  /** As it is once the turn has begun: `messages` counts the new ones. */
  readonly conversation: Conversation;
  /** Messages to store before the model is called; none for a retry. */
  readonly added: readonly StoredMessage[];
  readonly askSeq: number;
  readonly retryOf?: string;
  /** Sequences of the messages in the request. */
  readonly sent: readonly number[];
}

/** Messages that are looked at for the window, at most; the budget is nearly always used up before. */
const MESSAGES_LOOKED_AT = 256;

/** What takeContext needs to read. @param budget in tokens */
export function readContext({ person, conversation }: Owner, budget: number): Statement[] {
  return [readConversation({ person, conversation }), readNewest(conversation, budget), readNewestAsk(conversation)];
}

/**
 * @param rows what the statements of readContext found, in order
 * @param budget of tokens for the messages
 * @throws {Problem} when the question does not fit, or cannot be asked
 */
export async function takeContext(personKeys: PersonKeys, beginning: Beginning, ask: Ask, rows: readonly Row[][], budget: number): Promise<Context> {
  if (ask.type === "unkept") return { messages: ask.messages, tokens: within(ask.messages, budget) };
  const dataKey = await personKeys.get(beginning.person);
  if (ask.type === "message" && ask.conversation === undefined) return beginConversation(dataKey, beginning, [...(ask.earlier ?? []), { role: "user", text: ask.text }], budget);
  return goOn(dataKey, beginning, ask, rows, budget);
}

function beginConversation(dataKey: DataKey, beginning: Beginning, messages: readonly ChatMessage[], budget: number): Context {
  const tokens = within(messages, budget);
  const added = messages.map((message, seq) => toStored(message, seq, beginning));
  const { now } = beginning;
  const conversation = { id: beginning.conversation, title: titleOf(messages.at(-1)?.text ?? ""), messages: added.length, createdAt: now, updatedAt: now };
  return { messages, tokens, kept: { dataKey, conversation, added, askSeq: added.length - 1, sent: added.map(({ seq }) => seq) } };
}

async function goOn(dataKey: DataKey, beginning: Beginning, ask: Extract<Ask, { type: "message" | "retry" }>, [conversation = [], newest = [], newestAsk = []]: readonly Row[][], budget: number): Promise<Context> {
  const before = await openConversation(dataKey, beginning.person, conversation[0]);
  const history = await openNewest(dataKey, beginning, newest, before.messages);
  const asked = ask.type === "retry" ? await openMessage(dataKey, beginning, askedAgain(ask.turn, newestAsk[0])) : toStored({ role: "user", text: ask.text }, before.messages, beginning);
  const window = contextWindow(history, asked, budget);
  if (!window.fits) throw tooLong(window.tokens, budget);
  const added = ask.type === "retry" ? [] : [asked];
  return {
    messages: window.messages.map(toChatMessage),
    tokens: window.tokens,
    kept: {
      dataKey,
      conversation: { ...before, messages: before.messages + added.length, updatedAt: beginning.now },
      added,
      askSeq: asked.seq,
      ...(ask.type === "retry" ? { retryOf: ask.turn } : {}),
      sent: window.messages.map(({ seq }) => seq),
    },
  };
}

/** The newest rows that the budget has room for, newest first. An answer that was asked again takes no room: it is not sent. */
function readNewest(conversation: string, budget: number): Statement {
  return {
    sql: `WITH looked_at AS (SELECT *, role = 'assistant' AND EXISTS (SELECT 1 FROM turns WHERE retry_of = turn_id) AS superseded
                               FROM messages WHERE conversation_id = ?1 ORDER BY seq DESC LIMIT ?2),
            counted AS (SELECT *, SUM(IIF(superseded, 0, tokens)) OVER (ORDER BY seq DESC) - IIF(superseded, 0, tokens) AS newer FROM looked_at)
          SELECT seq, turn_id, role, sealed FROM counted WHERE newer <= ?3 ORDER BY seq DESC`,
    params: [conversation, MESSAGES_LOOKED_AT, budget],
  };
}

/** The message that the newest turn answers, with that turn's id as `newest_turn`. */
function readNewestAsk(conversation: string): Statement {
  return {
    sql: `SELECT m.seq, m.turn_id, m.role, m.sealed, t.id AS newest_turn
          FROM (SELECT id, ask_seq FROM turns WHERE conversation_id = ?1 ORDER BY n DESC LIMIT 1) t
          JOIN messages m ON m.conversation_id = ?1 AND m.seq = t.ask_seq`,
    params: [conversation],
  };
}

function toStored({ role, text }: ChatMessage, seq: number, { turn, now }: Beginning): StoredMessage {
  const place = { turn, createdAt: now };
  return role === "user" ? { ...place, seq, role, text } : { ...place, seq, role, text, answers: seq - 1, state: "complete" };
}

function askedAgain(turn: string, newestAsk: Row | undefined): Row {
  if (newestAsk?.["newest_turn"] === turn) return newestAsk;
  throw new Problem("not_retryable", { detail: "only the newest turn of a conversation can be asked again", fix: "send the message anew" });
}

/** How many tokens these messages have, when they fit. */
function within(messages: readonly ChatMessage[], budget: number): number {
  const tokens = messages.reduce((sum, message) => sum + estimateMessageTokens(message), 0);
  if (tokens > budget) throw tooLong(tokens, budget);
  return tokens;
}

function tooLong(tokens: number, budget: number): Problem {
  return new Problem("message_too_long", { detail: `it has about ${tokens} tokens, at most ${budget} go to the model`, fix: "shorten it, or send it in parts" });
}
