/** What a person sees of their conversations: the list, and the turns of one. */
import type { Foundation } from "../foundation.ts";
import type { Person } from "../ports.ts";
import { Problem } from "../problems.ts";
import { openConversation, readConversation } from "./conversation-rows.ts";
import type { Conversation } from "./conversation-rows.ts";
import { SELECT_TURNS, openTurns } from "./turn-views.ts";
import type { TurnView } from "./turn-views.ts";

export interface Page<T> {
  readonly items: readonly T[];
  /** Pass it as `before` for the next page. @default - this was the last one */
  readonly next?: string;
}

const PAGE = 50;

/** Newest first. @param before a cursor from the page before */
export async function listConversations({ store, personKeys }: Foundation, person: Person, before?: string): Promise<Page<Conversation>> {
  const [updatedAt = Number.MAX_SAFE_INTEGER, id = ""] = before === undefined ? [] : parseCursor(before);
  const [rows = []] = await store.read([
    {
      sql: `SELECT id, messages, created_at, updated_at, sealed FROM conversations
            WHERE person_id = ?1 AND (updated_at, id) < (?2, ?3) ORDER BY updated_at DESC, id DESC LIMIT ?4`,
      params: [person.id, updatedAt, id, PAGE + 1],
    },
  ]);
  const dataKey = await personKeys.get(person.id);
  const items = await Promise.all(rows.slice(0, PAGE).map((row) => openConversation(dataKey, person.id, row)));
  const last = items.at(-1);
  return { items, ...(rows.length > PAGE && last ? { next: `${last.updatedAt}.${last.id}` } : {}) };
}

/** The newest turns, in order of time. @param before only turns before this cursor @throws {Problem} `unknown_conversation` */
export async function showConversation({ store, personKeys }: Foundation, person: Person, id: string, before?: string): Promise<Page<TurnView> & { readonly conversation: Conversation }> {
  const owner = { person: person.id, conversation: id };
  const [conversationRows = [], turnRows = []] = await store.read([
    readConversation(owner),
    { sql: `${SELECT_TURNS} WHERE conversation_id = ? AND person_id = ? AND n < ? ORDER BY n DESC LIMIT ?`, params: [id, person.id, toTurnNumber(before), PAGE + 1] },
  ]);
  const dataKey = await personKeys.get(person.id);
  const conversation = await openConversation(dataKey, person.id, conversationRows[0]);
  const shown = turnRows.slice(0, PAGE).toReversed();
  const older = turnRows.length > PAGE;
  const items = await openTurns(store, dataKey, owner, shown, { toFirst: !older && shown.length > 0, messages: before === undefined ? conversation.messages : undefined });
  return { conversation, items, ...(older ? { next: String(shown[0]?.["n"]) } : {}) };
}

function parseCursor(cursor: string): [updatedAt: number, id: string] {
  const [, updatedAt, id] = /^(\d{1,15})\.([\w-]{1,64})$/.exec(cursor) ?? [];
  if (updatedAt === undefined || id === undefined) throw new Problem("malformed", { detail: `before must be a cursor from the page before, got "${cursor.slice(0, 80)}"` });
  return [Number(updatedAt), id];
}

function toTurnNumber(cursor: string | undefined): number {
  if (cursor === undefined) return Number.MAX_SAFE_INTEGER;
  if (!/^\d{1,15}$/.test(cursor)) throw new Problem("malformed", { detail: `before must be a number from the page before, got "${cursor.slice(0, 80)}"` });
  return Number(cursor);
}
