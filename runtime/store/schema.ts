/**
 * The schema, one for node:sqlite and D1. Every column called `sealed` holds an envelope (crypto/envelope.ts); whatever
 * a person wrote is in one of them. The other columns are ids, times, counts and states.
 */
import type { Store } from "../ports.ts";
import { SetupError } from "../problems.ts";

/** Each entry is applied once, in order, and never edited after a release. */
const migrations: readonly (readonly string[])[] = [
  [
    // sealed: { name, role, disabledAt, change }
    `CREATE TABLE people (
      id TEXT PRIMARY KEY,
      created_at INTEGER NOT NULL,
      sealed BLOB NOT NULL
    ) STRICT`,

    // a row for each change of the people: of two changes that were decided from the same list, only one fits
    `CREATE TABLE people_changes (n INTEGER PRIMARY KEY) STRICT`,

    // sealed: { expiresAt, firstOnly }
    `CREATE TABLE links (
      hash TEXT PRIMARY KEY,
      person_id TEXT NOT NULL,
      expires_at INTEGER NOT NULL,
      sealed BLOB NOT NULL
    ) STRICT`,

    // link_use is unique, so that a link opens one session. sealed: { hash, expiresAt, device }
    `CREATE TABLE sessions (
      id TEXT PRIMARY KEY,
      hash TEXT NOT NULL UNIQUE,
      link_use TEXT NOT NULL UNIQUE,
      person_id TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      last_seen_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      ended_at INTEGER,
      sealed BLOB NOT NULL
    ) STRICT`,
    `CREATE INDEX sessions_of_person ON sessions (person_id, created_at)`,

    // sealed: { hash, name, scopes }
    `CREATE TABLE api_keys (
      id TEXT PRIMARY KEY,
      hash TEXT NOT NULL UNIQUE,
      person_id TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      last_used_at INTEGER,
      revoked_at INTEGER,
      sealed BLOB NOT NULL
    ) STRICT`,

    // messages: how many there are, so that a cut tail is noticed. sealed: { title, messages }
    `CREATE TABLE conversations (
      id TEXT PRIMARY KEY,
      person_id TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      messages INTEGER NOT NULL,
      sealed BLOB NOT NULL
    ) STRICT`,
    `CREATE INDEX conversations_of_person ON conversations (person_id, updated_at, id)`,

    // n: order of beginning. conversation_id is null when the content is not kept; ask_seq and answer_seq name messages.
    // input_tokens is an estimate while the turn runs; reserved is what the answer may still take from the day's limit.
    // sealed: what was sent (chat/sent-record.ts), null when the content is not kept
    `CREATE TABLE turns (
      n INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      person_id TEXT NOT NULL,
      conversation_id TEXT,
      channel TEXT NOT NULL,
      ask_seq INTEGER,
      answer_seq INTEGER,
      retry_of TEXT,
      state TEXT NOT NULL CHECK (state IN ('running', 'complete', 'stopped', 'interrupted')),
      started_at INTEGER NOT NULL,
      lease_until INTEGER NOT NULL,
      ended_at INTEGER,
      input_tokens INTEGER NOT NULL,
      output_tokens INTEGER NOT NULL,
      reserved INTEGER NOT NULL,
      sealed BLOB
    ) STRICT`,
    `CREATE UNIQUE INDEX one_running_turn ON turns (conversation_id) WHERE state = 'running'`,
    `CREATE INDEX turns_of_conversation ON turns (conversation_id, n)`,
    `CREATE INDEX turns_asked_again ON turns (retry_of) WHERE retry_of IS NOT NULL`,
    `CREATE INDEX turns_running ON turns (state) WHERE state = 'running'`,

    // tokens: an estimate that lets a query read no more than fits the context window; counted again after opening.
    // sealed: a message (chat/messages.ts)
    `CREATE TABLE messages (
      conversation_id TEXT NOT NULL,
      seq INTEGER NOT NULL,
      turn_id TEXT NOT NULL,
      role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
      created_at INTEGER NOT NULL,
      tokens INTEGER NOT NULL,
      sealed BLOB NOT NULL,
      PRIMARY KEY (conversation_id, seq)
    ) STRICT`,

    // what a channel has taken in, so that each update is handled once
    `CREATE TABLE inbox (
      channel TEXT NOT NULL,
      person_id TEXT NOT NULL,
      update_id TEXT NOT NULL,
      turn_id TEXT NOT NULL,
      received_at INTEGER NOT NULL,
      PRIMARY KEY (channel, person_id, update_id)
    ) STRICT`,
    `CREATE INDEX inbox_by_age ON inbox (received_at)`,

    // a turn that would break a limit is refused by these constraints, whichever process asks
    `CREATE TABLE usage_minutes (
      person_id TEXT NOT NULL,
      minute INTEGER NOT NULL,
      requests INTEGER NOT NULL,
      cap INTEGER NOT NULL,
      PRIMARY KEY (person_id, minute),
      CONSTRAINT requests_per_minute CHECK (requests <= cap)
    ) STRICT`,
    `CREATE TABLE usage_days (
      person_id TEXT NOT NULL,
      day TEXT NOT NULL,
      requests INTEGER NOT NULL,
      input_tokens INTEGER NOT NULL,
      output_tokens INTEGER NOT NULL,
      reserved INTEGER NOT NULL,
      cap INTEGER NOT NULL,
      PRIMARY KEY (person_id, day),
      CONSTRAINT tokens_per_day CHECK (input_tokens + output_tokens + reserved <= cap)
    ) STRICT`,

    `CREATE TABLE audit (
      seq INTEGER PRIMARY KEY,
      record TEXT NOT NULL,
      hash TEXT NOT NULL,
      key_id TEXT NOT NULL,
      signature TEXT NOT NULL
    ) STRICT`,

    // sealed under the key ring
    `CREATE TABLE settings (
      name TEXT PRIMARY KEY,
      changed_at INTEGER NOT NULL,
      sealed BLOB NOT NULL
    ) STRICT`,
  ],
];

/**
 * Brings the store to this version's schema. Returns the version that it had before; 0 means that it was empty.
 * @throws {SetupError} when the store was written by a newer version
 */
export async function migrate(store: Store): Promise<number> {
  const before = await schemaVersion(store);
  if (before > migrations.length) {
    throw new SetupError(`the data was written by a newer Holdfast (schema ${before}, this one knows ${migrations.length}): install that version or a newer one`);
  }
  for (const [index, statements] of migrations.entries()) {
    if (index < before) continue;
    await store.write([
      { sql: "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY) STRICT", params: [] },
      ...statements.map((sql) => ({ sql, params: [] })),
      { sql: "INSERT INTO schema_version (version) VALUES (?)", params: [index + 1] },
    ]);
  }
  return before;
}

async function schemaVersion(store: Store): Promise<number> {
  const [tables = []] = await store.read([{ sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'", params: [] }]);
  if (tables.length === 0) return 0;
  const [rows = []] = await store.read([{ sql: "SELECT MAX(version) AS version FROM schema_version", params: [] }]);
  return Number(rows[0]?.["version"] ?? 0);
}
