/** Works out a turn before anything is stored or sent: what is asked, what goes to the provider, what it may cost. */
import type { DataKey } from "../crypto/envelope.ts";
import type { Foundation } from "../foundation.ts";
import type { ChatMessage, Model, ModelRequest, Person, Row, Statement } from "../ports.ts";
import { Problem } from "../problems.ts";
import { openConversation, readConversation, titleOf } from "./conversation-rows.ts";
import type { Conversation } from "./conversation-rows.ts";
import type { Ask, Inbound } from "./inbound.ts";
import { dailyLimit, dayOf, readDay, tokensTaken } from "./limits.ts";
import type { Limits, Reservation } from "./limits.ts";
import { openMessage, openNewest, toChatMessage } from "./messages.ts";
import type { StoredMessage } from "./messages.ts";
import { SYSTEM_PROMPT } from "./system-prompt.ts";
import { estimateMessageTokens, estimateTokens } from "./tokens.ts";
import { contextWindow } from "./window.ts";

export interface ChatSettings extends Limits {
  /** Tokens of messages that go to the provider with one question. */
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
}

export interface TurnIds {
  readonly turn: string;
  readonly conversation: string;
}

export interface PreparedTurn {
  readonly id: string;
  readonly person: string;
  readonly inbound: Inbound;
  readonly startedAt: number;
  readonly model: Model;
  readonly request: ModelRequest;
  readonly reservation: Reservation;
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

/** @throws {Problem} when the turn may not or cannot happen */
export async function prepareTurn(foundation: Foundation, settings: ChatSettings, model: Model, person: Person, inbound: Inbound, ids: TurnIds): Promise<PreparedTurn> {
  const now = foundation.clock.now();
  const [day = [], conversation = [], newest = [], asked = []] = await foundation.store.read([
    readDay(person.id, dayOf(now)),
    readConversation({ person: person.id, conversation: ids.conversation }),
    readNewest(ids.conversation, settings.contextTokens),
    readNewestAsk(ids.conversation),
  ]);
  // A program's own system prompt takes its place in the same budget.
  const contextTokens = settings.contextTokens - estimateTokens(inbound.system ?? "");
  const context = await takeContext(foundation, contextTokens, person, inbound.ask, ids, now, { conversation: conversation[0], newest, newestAsk: asked[0] });

  const system = inbound.system ?? SYSTEM_PROMPT;
  const inputTokens = estimateTokens(system) + context.tokens;
  const taken = tokensTaken(day[0]);
  const maxOutputTokens = Math.min(inbound.maxOutputTokens ?? settings.maxOutputTokens, settings.maxOutputTokens, settings.tokensPerDay - taken - inputTokens);
  if (maxOutputTokens < 1) throw dailyLimit(taken, settings, now);

  return {
    id: ids.turn,
    person: person.id,
    inbound,
    startedAt: now,
    model,
    request: { system, messages: context.messages, maxOutputTokens, ...(inbound.parameters ? { parameters: inbound.parameters } : {}) },
    reservation: { person: person.id, day: dayOf(now), inputTokens, outputTokens: maxOutputTokens },
    ...(context.kept ? { kept: context.kept } : {}),
  };
}

interface Context {
  readonly messages: readonly ChatMessage[];
  /** Of these messages, estimated. */
  readonly tokens: number;
  readonly kept?: KeptTurn;
}

interface FoundRows {
  readonly conversation: Row | undefined;
  readonly newest: readonly Row[];
  /** The message that the newest turn answers, with that turn's id as `newest_turn`. */
  readonly newestAsk: Row | undefined;
}

async function takeContext(foundation: Foundation, contextTokens: number, person: Person, ask: Ask, ids: TurnIds, now: number, found: FoundRows): Promise<Context> {
  if (ask.type === "unkept") return { messages: ask.messages, tokens: within(ask.messages, contextTokens) };

  const dataKey = await foundation.personKeys.get(person.id);
  const place = { turn: ids.turn, createdAt: now };
  if (ask.type === "message" && ask.conversation === undefined) {
    const messages: ChatMessage[] = [...(ask.earlier ?? []), { role: "user", text: ask.text }];
    const tokens = within(messages, contextTokens);
    const added = messages.map((message, seq) => toStored(message, seq, place));
    const conversation = { id: ids.conversation, title: titleOf(ask.text), messages: added.length, createdAt: now, updatedAt: now };
    return { messages, tokens, kept: { dataKey, conversation, added, askSeq: added.length - 1, sent: added.map(({ seq }) => seq) } };
  }

  const before = await openConversation(dataKey, person.id, found.conversation);
  const owner = { person: person.id, conversation: before.id };
  const history = await openNewest(dataKey, owner, found.newest, before.messages);
  const asked = ask.type === "retry" ? await openMessage(dataKey, owner, askedAgain(ask.turn, found.newestAsk)) : toStored({ role: "user", text: ask.text }, before.messages, place);
  const window = contextWindow(history, asked, contextTokens);
  if (!window.fits) throw tooLong(window.tokens, contextTokens);
  const added = ask.type === "retry" ? [] : [asked];
  return {
    messages: window.messages.map(toChatMessage),
    tokens: window.tokens,
    kept: {
      dataKey,
      conversation: { ...before, messages: before.messages + added.length, updatedAt: now },
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

function readNewestAsk(conversation: string): Statement {
  return {
    sql: `SELECT m.seq, m.turn_id, m.role, m.sealed, t.id AS newest_turn
          FROM (SELECT id, ask_seq FROM turns WHERE conversation_id = ?1 ORDER BY n DESC LIMIT 1) t
          JOIN messages m ON m.conversation_id = ?1 AND m.seq = t.ask_seq`,
    params: [conversation],
  };
}

function toStored({ role, text }: ChatMessage, seq: number, place: { readonly turn: string; readonly createdAt: number }): StoredMessage {
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
