/** The store on Cloudflare D1. A batch of D1 is one transaction. */
import type { Row, SqlValue, Statement, Store } from "../ports.ts";
import { storeError } from "./errors.ts";

/** The part of D1's binding that is used (developers.cloudflare.com/d1/worker-api). */
export interface D1Database {
  prepare(sql: string): D1PreparedStatement;
  batch(statements: D1PreparedStatement[]): Promise<D1Result[]>;
}

interface D1PreparedStatement {
  bind(...params: readonly SqlValue[]): D1PreparedStatement;
}

interface D1Result {
  readonly results: readonly Record<string, unknown>[];
  readonly meta: { readonly changes: number };
}

export function createD1Store(database: D1Database): Store {
  async function batch(statements: readonly Statement[]): Promise<D1Result[]> {
    if (statements.length === 0) return [];
    try {
      return await database.batch(statements.map(({ sql, params }) => database.prepare(sql).bind(...params)));
    } catch (error) {
      throw storeError(error);
    }
  }

  return {
    async read(statements) {
      return (await batch(statements)).map(({ results }) => results.map(fromD1));
    },
    async write(statements) {
      return (await batch(statements)).map(({ meta }) => meta.changes);
    },
  };
}

/** D1 returns a BLOB as an array of numbers. */
function fromD1(row: Readonly<Record<string, unknown>>): Row {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, Array.isArray(value) ? Uint8Array.from(value) : (value as SqlValue)]));
}
