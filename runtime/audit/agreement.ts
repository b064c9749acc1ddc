/**
 * Whether the store still says what the audit log says was done last. Sealed rows cannot be forged, but an older one can be
 * put back, and what is not sealed can be undone: a revoked key, an ended session, a person who was switched off.
 */
import type { PersonRecord } from "../identity/people.ts";
import type { Store } from "../ports.ts";
import { parseRecord } from "./chain.ts";
import type { AuditRecord } from "./chain.ts";
import type { Ledger } from "./ledger.ts";

const PAGE = 500;

/** The log's last word on each thing. */
interface LastWord {
  /** Person -> number of the change that wrote them. */
  readonly people: Map<string, number>;
  readonly revokedKeys: Set<string>;
  readonly endedSessions: Set<string>;
}

/** What the store says otherwise, in words; empty when they agree. Call it on a log that was verified. */
export async function findDisagreements(store: Store, ledger: Ledger, people: readonly PersonRecord[]): Promise<string[]> {
  const last = await readLastWord(ledger);
  const [keys = [], sessions = []] = await store.read([
    { sql: "SELECT id FROM api_keys WHERE revoked_at IS NULL", params: [] },
    { sql: "SELECT id FROM sessions WHERE ended_at IS NULL", params: [] },
  ]);
  return [
    ...[...last.people].flatMap(([id, change]) => {
      const person = people.find((candidate) => candidate.id === id);
      if (!person) return [`person ${id} is missing`];
      return person.change === change ? [] : [`person ${id} was put back to what they were before`];
    }),
    ...keys.map(({ id }) => String(id)).filter((id) => last.revokedKeys.has(id)).map((id) => `API key ${id} was revoked, and is not any more`),
    ...sessions.map(({ id }) => String(id)).filter((id) => last.endedSessions.has(id)).map((id) => `session ${id} was ended, and is open again`),
  ];
}

async function readLastWord(ledger: Ledger): Promise<LastWord> {
  const last: LastWord = { people: new Map(), revokedKeys: new Set(), endedSessions: new Set() };
  for (let after = 0; ; ) {
    const rows = await ledger.page(after, PAGE);
    for (const { record } of rows) take(last, parseRecord(record));
    const newest = rows.at(-1);
    if (!newest) return last;
    after = newest.seq;
  }
}

function take(last: LastWord, record: AuditRecord | undefined): void {
  if (record?.target === undefined || record.outcome !== "ok") return;
  if (record.action === "person.added" || record.action === "person.changed") last.people.set(record.target, record.sizes?.["change"] ?? 0);
  else if (record.action === "key.revoked") last.revokedKeys.add(record.target);
  else if (record.action === "session.ended" || record.action === "sign-out") last.endedSessions.add(record.target);
}
