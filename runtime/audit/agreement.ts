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
  /** The highest number of a change so far, and people whose change did not have a higher one. */
  highestChange: number;
  readonly repeated: Set<string>;
  readonly revokedKeys: Set<string>;
  readonly endedSessions: Set<string>;
}

/** What the store says otherwise, in words; empty when they agree. Call it on a log that was verified. */
export async function findDisagreements(store: Store, ledger: Ledger, listPeople: () => Promise<readonly PersonRecord[]>): Promise<string[]> {
  const last = await readLastWord(ledger);
  // After the log: somebody who is changed meanwhile is then ahead of it, which is no disagreement.
  const people = await listPeople();
  const [keys = [], sessions = []] = await store.read([
    { sql: "SELECT id FROM api_keys WHERE revoked_at IS NULL", params: [] },
    { sql: "SELECT id FROM sessions WHERE ended_at IS NULL", params: [] },
  ]);
  return [
    ...[...last.people].flatMap(([id, change]) => {
      const person = people.find((candidate) => candidate.id === id);
      if (!person) return [`person ${id} is missing`];
      if (last.repeated.has(id)) return [`a change of person ${id} has a number that was used before`];
      return person.change >= change ? [] : [`person ${id} was put back to what they were before`];
    }),
    ...keys.map(({ id }) => String(id)).filter((id) => last.revokedKeys.has(id)).map((id) => `API key ${id} was revoked, and is not any more`),
    ...sessions.map(({ id }) => String(id)).filter((id) => last.endedSessions.has(id)).map((id) => `session ${id} was ended, and is open again`),
  ];
}

async function readLastWord(ledger: Ledger): Promise<LastWord> {
  const last: LastWord = { people: new Map(), highestChange: 0, repeated: new Set(), revokedKeys: new Set(), endedSessions: new Set() };
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
  if (record.action === "person.added" || record.action === "person.changed") takeChange(last, record.target, record.sizes?.["change"] ?? 0);
  else if (record.action === "key.revoked") last.revokedKeys.add(record.target);
  else if (record.action === "session.ended" || record.action === "sign-out") last.endedSessions.add(record.target);
}

/** Changes are numbered in a table that anybody who writes the store can cut; a number that does not go up betrays that. */
function takeChange(last: LastWord, person: string, change: number): void {
  if (change <= last.highestChange) last.repeated.add(person);
  last.highestChange = Math.max(last.highestChange, change);
  last.people.set(person, change);
}
