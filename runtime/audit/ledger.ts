/**
 * The way to change the store: a change and the audit record of it are one batch, so neither is there without the other. Only
 * migrations and the time of last use (store/touch.ts) go past it.
 */
import type { KeyRing } from "../crypto/key-ring.ts";
import type { Clock, Row, Statement, Store } from "../ports.ts";
import { ConstraintError } from "../store/errors.ts";
import { chain, emptyHead, verifyChain } from "./chain.ts";
import type { AuditEntry, AuditHead, AuditRow, Verdict } from "./chain.ts";

export interface Ledger {
  /**
   * Applies the changes and appends the entries, all or nothing.
   * @throws {ConstraintError} when a constraint refuses a change; nothing was applied
   * @throws {StoreError}
   */
  commit(changes: readonly Statement[], ...entries: readonly AuditEntry[]): Promise<void>;
  /** The newest record, as stored. */
  head(): Promise<AuditRow | undefined>;
  /** Records after `seq`, oldest first. */
  page(after: number, limit: number): Promise<AuditRow[]>;
  /** Checks the whole log, from the first record to the newest. */
  verify(): Promise<Verdict>;
}

interface Commit {
  readonly changes: readonly Statement[];
  readonly entries: readonly AuditEntry[];
  readonly settle: PromiseWithResolvers<void>;
}

/** Commits in one batch, at most; D1 bounds how long a batch may take. */
const COMMITS_A_BATCH = 16;
/** Another process appended at the same moment; taking the new head and chaining again settles it. */
const ATTEMPTS = 20;
/** A writer with a queue appends faster than another one can catch up; waiting, longer each time, finds the queue's end within seconds. */
const LONGEST_PAUSE_MILLISECONDS = 1_000;
const PAGE = 500;

export function createLedger(store: Store, ring: KeyRing, clock: Clock): Ledger {
  let known: AuditHead | undefined;
  let waiting: Commit[] = [];
  let writing = false;

  /** Commits that arrive while a batch is written go together in the next one: one wait for the disk serves them all. */
  async function writeWaiting(): Promise<void> {
    if (writing) return;
    writing = true;
    while (waiting.length > 0) {
      const together = waiting.slice(0, COMMITS_A_BATCH);
      waiting = waiting.slice(COMMITS_A_BATCH);
      await writeTogether(together).catch((error: unknown) => refuse(together, error));
    }
    writing = false;
  }

  async function writeTogether(commits: readonly Commit[]): Promise<void> {
    await append(commits.flatMap(({ changes }) => changes), commits.flatMap(({ entries }) => entries));
    for (const { settle } of commits) settle.resolve();
  }

  /** When a constraint refuses one of several, each is written by itself, to get its own answer. What ails the store ails all of them. */
  async function refuse(commits: readonly Commit[], error: unknown): Promise<void> {
    if (error instanceof ConstraintError && commits.length > 1) {
      for (const commit of commits) await writeTogether([commit]).catch(commit.settle.reject);
    } else {
      for (const { settle } of commits) settle.reject(error);
    }
  }

  async function append(changes: readonly Statement[], entries: readonly AuditEntry[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      known ??= (await head()) ?? emptyHead;
      const rows = await chain(known, entries, new Date(clock.now()), ring.signing);
      try {
        await store.write([...changes, ...rows.map(insert)]);
        known = rows.at(-1) ?? known;
        return;
      } catch (error) {
        known = undefined;
        if (attempt === ATTEMPTS || !(error instanceof ConstraintError) || error.constraint !== "audit_sequence") throw error;
        await pause(attempt);
      }
    }
  }

  async function head(): Promise<AuditRow | undefined> {
    const [rows = []] = await store.read([{ sql: `${SELECT} ORDER BY seq DESC LIMIT 1`, params: [] }]);
    return rows.map(toAuditRow)[0];
  }

  async function page(after: number, limit: number): Promise<AuditRow[]> {
    const [rows = []] = await store.read([{ sql: `${SELECT} WHERE seq > ? ORDER BY seq LIMIT ?`, params: [after, limit] }]);
    return rows.map(toAuditRow);
  }

  return {
    head,
    page,
    commit(changes, ...entries) {
      const settle = Promise.withResolvers<void>();
      waiting.push({ changes, entries, settle });
      void writeWaiting();
      return settle.promise;
    },
    async verify() {
      let verdict: Verdict = { intact: true, head: emptyHead };
      for (;;) {
        const rows: AuditRow[] = await page(verdict.head.seq, PAGE);
        if (rows.length === 0) return verdict;
        verdict = await verifyChain(verdict.head, rows, ring.verifying);
        if (!verdict.intact) return verdict;
      }
    },
  };
}

function pause(attempt: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(2 ** attempt, LONGEST_PAUSE_MILLISECONDS)));
}

const SELECT = "SELECT seq, record, hash, key_id, signature FROM audit";

function insert(row: AuditRow): Statement {
  return {
    sql: "INSERT INTO audit (seq, record, hash, key_id, signature) VALUES (?, ?, ?, ?, ?)",
    params: [row.seq, row.record, row.hash, row.keyId, row.signature],
  };
}

function toAuditRow(row: Row): AuditRow {
  return { seq: Number(row["seq"]), record: String(row["record"]), hash: String(row["hash"]), keyId: String(row["key_id"]), signature: String(row["signature"]) };
}
