/** What both drivers make of their database's errors. */

/** Names of the schema's constraints whose refusal somebody branches on. */
export type Constraint =
  | "one_running_turn"
  | "conversation_moved"
  | "inbox_once"
  | "audit_sequence"
  | "link_once"
  | "people_changed"
  | "requests_per_minute"
  | "tokens_per_day"
  | "other";

/** A constraint refused a row; nothing of the batch was applied. */
export class ConstraintError extends Error {
  override readonly name = "ConstraintError";
  readonly constraint: Constraint;

  constructor(constraint: Constraint, cause: unknown) {
    super(`the store refused a row: ${constraint}`, { cause });
    this.constraint = constraint;
  }
}

/** The database could not do its work; nothing of the batch was applied. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly reason: "full" | "corrupt" | "away";

  constructor(reason: "full" | "corrupt" | "away", cause: unknown) {
    super(`the store is ${reason}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.reason = reason;
  }
}

/** SQLite's words, which node:sqlite and D1 both pass on (D1 inside a longer message). First match decides. */
const constraints: readonly (readonly [RegExp, Constraint])[] = [
  [/UNIQUE constraint failed: turns\.conversation_id/, "one_running_turn"],
  [/UNIQUE constraint failed: messages\.|NOT NULL constraint failed: conversations\.messages/, "conversation_moved"],
  [/UNIQUE constraint failed: inbox\./, "inbox_once"],
  [/UNIQUE constraint failed: audit\.seq/, "audit_sequence"],
  [/UNIQUE constraint failed: sessions\.link_use/, "link_once"],
  [/UNIQUE constraint failed: people_changes\.n/, "people_changed"],
  [/CHECK constraint failed: requests_per_minute/, "requests_per_minute"],
  [/CHECK constraint failed: tokens_per_day/, "tokens_per_day"],
  [/constraint failed|cannot store \w+ value in \w+ column/, "other"],
];

/** SQLITE_IOERR_READ, _SHORT_READ, _DATA and _CORRUPTFS (sqlite.org/rescode.html): the disk gives back less or other than was written. */
const unreadable: readonly unknown[] = [266, 522, 8202, 8458];

/** Translates a driver's error. An error that is not the database's comes back as it is. */
export function storeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const constraint = constraints.find(([pattern]) => pattern.test(error.message));
  if (constraint) return new ConstraintError(constraint[1], error);
  if ("errcode" in error && unreadable.includes(error.errcode)) return new StoreError("corrupt", error);
  if (/database or disk is full|SQLITE_FULL|disk I\/O error|SQLITE_IOERR/.test(error.message)) return new StoreError("full", error);
  if (/malformed|not a database|SQLITE_CORRUPT|SQLITE_NOTADB/.test(error.message)) return new StoreError("corrupt", error);
  // D1 puts D1_ERROR in front of everything; with SQLite's own code behind it the database is there, and the statement is at fault.
  if (/database is locked|SQLITE_BUSY|unable to open|readonly|D1_ERROR(?!.*SQLITE_)/.test(error.message)) return new StoreError("away", error);
  return error;
}
