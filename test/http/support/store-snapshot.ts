/** What the store holds, so that a test can say that nothing has changed. */
import type { AuditEntry, AuditRecord } from "../../../runtime/audit/chain.ts";
import type { Row } from "../../../runtime/ports.ts";
import type { TestApp } from "../../support/test-app.ts";

/** Every row of every table but the audit log. */
export async function storeSnapshot({ store }: Pick<TestApp, "store">): Promise<Record<string, Row[]>> {
  const [tables = []] = await store.read([{ sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'audit' ORDER BY name", params: [] }]);
  const names = tables.map(({ name }) => String(name));
  const rows = await store.read(names.map((name) => ({ sql: `SELECT * FROM ${name} ORDER BY rowid`, params: [] })));
  return Object.fromEntries(names.map((name, index) => [name, rows[index] ?? []]));
}

/** Audit records after the one with this number, without what chains and dates them. */
export async function auditSince({ services }: Pick<TestApp, "services">, seq: number): Promise<AuditEntry[]> {
  const rows = await services.foundation.ledger.page(seq, 1000);
  return rows.map(({ record }) => {
    const { seq: _seq, at: _at, previous: _previous, ...entry } = JSON.parse(record) as AuditRecord;
    return entry;
  });
}

export async function auditLength({ services }: Pick<TestApp, "services">): Promise<number> {
  return (await services.foundation.ledger.head())?.seq ?? 0;
}
