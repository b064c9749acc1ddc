/** A conversation as it is stored: its title is sealed, bound to how many messages there are, so that a cut tail is noticed. */
import type { Binding, DataKey } from "../crypto/envelope.ts";
import { openJson, sealJson } from "../crypto/sealed-json.ts";
import type { Row, Statement } from "../ports.ts";
import { Problem } from "../problems.ts";
import type { Owner } from "./messages.ts";

export interface Conversation {
  readonly id: string;
  readonly title: string;
  readonly messages: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

const TITLE_CHARACTERS = 60;

export function readConversation({ person, conversation }: Owner): Statement {
  return { sql: "SELECT id, messages, created_at, updated_at, sealed FROM conversations WHERE id = ? AND person_id = ?", params: [conversation, person] };
}

/**
 * @throws {Problem} `unknown_conversation` without a row: other people's conversations look like none
 * @throws {IntegrityError} when the row is not the one that was stored
 */
export async function openConversation(dataKey: DataKey, person: string, row: Row | undefined): Promise<Conversation> {
  if (!row) throw new Problem("unknown_conversation", { detail: "it does not exist, or is somebody else's" });
  const [id, messages] = [String(row["id"]), Number(row["messages"])];
  const { title } = await openJson<{ title: string }>(dataKey, binding({ person, conversation: id }, messages), row["sealed"]);
  return { id, title, messages, createdAt: Number(row["created_at"]), updatedAt: Number(row["updated_at"]) };
}

/**
 * Stores a conversation, new or changed. The row is written whole, because its seal covers the count.
 * @param before how many messages it had when this change was worked out; when another process was faster, the constraint
 *   `conversation_moved` refuses the change, or the count would go back
 */
export async function putConversation(dataKey: DataKey, person: string, { id, title, messages, createdAt, updatedAt }: Conversation, before: number): Promise<Statement> {
  return {
    sql: `INSERT INTO conversations (id, person_id, created_at, updated_at, messages, sealed) VALUES (?, ?, ?, ?, ?, ?)
          ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at, messages = CASE messages WHEN ? THEN excluded.messages END, sealed = excluded.sealed`,
    params: [id, person, createdAt, updatedAt, messages, await sealJson(dataKey, binding({ person, conversation: id }, messages), { title }), before],
  };
}

/** The first line of the first message, without characters that could disguise it. */
export function titleOf(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  return line.length <= TITLE_CHARACTERS ? line : `${line.slice(0, TITLE_CHARACTERS - 1).toWellFormed().replace(/\uFFFD$/, "").trimEnd()}…`;
}

function binding({ person, conversation }: Owner, messages: number): Binding {
  return { person, conversation, record: conversation, kind: "conversation", role: "", sequence: messages };
}
