/** The names of the constraints that callers branch on, from each driver's own error messages. */
import { describe, expect, it } from "vitest";
import type { SqlValue, Statement, Store } from "../../runtime/ports.ts";
import { ConstraintError } from "../../runtime/store/errors.ts";
import type { Constraint } from "../../runtime/store/errors.ts";
import { migrate } from "../../runtime/store/schema.ts";
import type { Driver } from "./driver.ts";

const bytes = Uint8Array.of(1);

function insert(table: string, row: Readonly<Record<string, SqlValue>>): Statement {
  const names = Object.keys(row);
  return { sql: `INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`, params: Object.values(row) };
}

function turn(id: string, conversation: string | null, state = "running"): Statement {
  return insert("turns", { id, person_id: "p", conversation_id: conversation, channel: "web", state, started_at: 0, lease_until: 0, input_tokens: 0, output_tokens: 0, reserved: 0 });
}

function session(id: string, link: string): Statement {
  return insert("sessions", { id, hash: `hash of ${id}`, link_use: link, person_id: "p", created_at: 0, last_seen_at: 0, expires_at: 0, sealed: bytes });
}

const message = (seq: number) => insert("messages", { conversation_id: "c", seq, turn_id: "t", role: "user", created_at: 0, tokens: 0, sealed: bytes });
const audit = (seq: number) => insert("audit", { seq, record: "{}", hash: "", key_id: "", signature: "" });
const inbox = (turnId: string) => insert("inbox", { channel: "web", person_id: "p", update_id: "u", turn_id: turnId, received_at: 0 });
const minute = (requests: number) => insert("usage_minutes", { person_id: "p", minute: 1, requests, cap: 20 });
const day = (tokens: number) => insert("usage_days", { person_id: "p", day: "2026-11-22", requests: 1, input_tokens: tokens, output_tokens: tokens, reserved: tokens, cap: 30 });

/** What each constraint refuses: the last statement, after the ones before it. */
const refused: readonly (readonly [Constraint, string, readonly Statement[]])[] = [
  ["one_running_turn", "a second running turn of a conversation", [turn("a", "c"), turn("b", "c")]],
  ["inbox_once", "an update that was taken in before", [inbox("a"), inbox("b")]],
  ["audit_sequence", "a second record with the same number", [audit(1), audit(1)]],
  ["link_once", "a second session by the same link", [session("a", "l"), session("b", "l")]],
  ["requests_per_minute", "one request too many", [minute(21)]],
  ["tokens_per_day", "one token too many", [insert("usage_days", { person_id: "p", day: "2026-11-22", requests: 1, input_tokens: 10, output_tokens: 10, reserved: 11, cap: 30 })]],
  ["conversation_moved", "a second message in the same place", [message(0), message(0)]],
  ["conversation_moved", "a count that is no longer what it was", [{ sql: "INSERT INTO conversations (id, person_id, created_at, updated_at, messages, sealed) VALUES ('c', 'p', 0, 0, NULL, ?)", params: [bytes] }]],
  ["other", "a turn in a state that there is not", [turn("a", "c", "paused")]],
  ["other", "a second turn of the same id", [turn("a", "c"), turn("a", "d")]],
  ["other", "a message without a place", [insert("messages", { conversation_id: "c", seq: 0, role: "user", created_at: 0, tokens: 0, sealed: bytes })]],
];

async function count(store: Store, table: string): Promise<unknown> {
  const [rows = []] = await store.read([{ sql: `SELECT COUNT(*) AS n FROM ${table}`, params: [] }]);
  return rows[0]?.["n"];
}

export function constraintContract({ name, open }: Driver): void {
  describe(`the schema's constraints on ${name}`, () => {
    it.each(refused)("calls it %s, and applies nothing: %s", async (constraint, _what, statements) => {
      const { store } = await open();
      await migrate(store);
      const before = statements.slice(0, -1);
      await store.write(before);
      const batch = [insert("people", { id: "p", created_at: 0, sealed: bytes }), ...statements.slice(-1)];
      const error: unknown = await store.write(batch).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ConstraintError);
      expect(error).toMatchObject({ constraint, message: `the store refused a row: ${constraint}` });
      expect(await count(store, "people")).toBe(0);
    });

    it("lets through what stays within every constraint", async () => {
      const { store } = await open();
      await migrate(store);
      await store.write([minute(20), day(10), turn("a", "c"), turn("b", "d"), turn("c", null), turn("d", null), turn("e", "c", "complete"), session("a", "l"), session("b", "m"), audit(1), audit(2)]);
      expect(await count(store, "turns")).toBe(5);
    });

    it("refuses text where a number belongs", async () => {
      const { store } = await open();
      await migrate(store);
      await expect(store.write([insert("people", { id: "p", created_at: "today", sealed: bytes })])).rejects.toThrow(ConstraintError);
    });
  });
}
