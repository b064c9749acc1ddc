/** A message as it is stored: sealed, and bound to its place in its conversation. */
import type { Binding, DataKey } from "../crypto/envelope.ts";
import { IntegrityError } from "../crypto/envelope.ts";
import { openJson, sealJson } from "../crypto/sealed-json.ts";
import type { ChatMessage, Row, Statement, TokenUsage } from "../ports.ts";
import type { TurnProblem } from "./inbound.ts";
import { estimateMessageTokens } from "./tokens.ts";

export type StoredMessage = Ask | Answer;

interface Place {
  /** 0, 1, 2 … without a gap. */
  readonly seq: number;
  readonly turn: string;
  readonly createdAt: number;
}

export interface Ask extends Place {
  readonly role: "user";
  readonly text: string;
}

export interface Answer extends Place {
  readonly role: "assistant";
  /** What the person saw of it; "" when nothing arrived. */
  readonly text: string;
  /** Sequence of the message that it answers; a retry answers the same one again. */
  readonly answers: number;
  readonly state: "complete" | "stopped" | "interrupted";
  readonly cause?: "length" | "filtered";
  readonly problem?: TurnProblem;
  /** @default - brought along by a program, not made here */
  readonly usage?: TokenUsage;
}

/** Whose conversation it is. */
export interface Owner {
  readonly person: string;
  readonly conversation: string;
}

export async function insertMessage(dataKey: DataKey, owner: Owner, message: StoredMessage): Promise<Statement> {
  const { seq, turn, createdAt, role, ...content } = message;
  return {
    sql: "INSERT INTO messages (conversation_id, seq, turn_id, role, created_at, tokens, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)",
    params: [owner.conversation, seq, turn, role, createdAt, estimateMessageTokens(message), await sealJson(dataKey, binding(owner, message), { createdAt, ...content })],
  };
}

/** @throws {IntegrityError} when the row is not the one that was stored at this place */
export async function openMessage(dataKey: DataKey, owner: Owner, row: Row): Promise<StoredMessage> {
  const place = { seq: Number(row["seq"]), turn: String(row["turn_id"]), role: row["role"] === "user" ? "user" : "assistant" } as const;
  const content = await openJson<StoredMessage>(dataKey, binding(owner, place), row["sealed"]);
  return { ...content, ...place } as StoredMessage;
}

/**
 * Opens the newest messages of a conversation, given newest first.
 * @param count how many messages the conversation has; the newest of them must be there, and none missing in between
 * @throws {IntegrityError} when a message was changed, moved or removed
 */
export async function openNewest(dataKey: DataKey, owner: Owner, rows: readonly Row[], count: number): Promise<StoredMessage[]> {
  const missing = rows.findIndex((row, index) => row["seq"] !== count - 1 - index);
  if (missing >= 0 || (count > 0 && rows.length === 0)) {
    throw new IntegrityError(`conversation ${owner.conversation}: message ${count - 1 - Math.max(missing, 0)} is missing`);
  }
  return Promise.all(rows.toReversed().map((row) => openMessage(dataKey, owner, row)));
}

function binding({ person, conversation }: Owner, { seq, turn, role }: Pick<StoredMessage, "seq" | "turn" | "role">): Binding {
  return { person, conversation, record: turn, kind: "message", role, sequence: seq };
}

export function toChatMessage({ role, text }: StoredMessage): ChatMessage {
  return { role, text };
}
