/** The store on node:sqlite: one file, write-ahead log, every commit on the disk before it is acknowledged. */
import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import type { Row, Statement, Store } from "../ports.ts";
import { storeError } from "./errors.ts";

/** Another process of the same owner, such as `npm run admin`, may hold the write lock this long. */
const BUSY_TIMEOUT_MILLISECONDS = 5_000;

export interface NodeStore extends Store {
  close(): void;
}

/** @param path a file, created when absent, or ":memory:" */
export function openNodeStore(path: string): NodeStore {
  const database = translate(() => {
    const opened = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MILLISECONDS });
    try {
      opened.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF");
      return opened;
    } catch (error) {
      opened.close();
      throw error;
    }
  });
  const prepared = new Map<string, StatementSync>();

  function prepare(sql: string): StatementSync {
    let statement = prepared.get(sql);
    if (!statement) prepared.set(sql, (statement = database.prepare(sql)));
    return statement;
  }

  function transaction<T>(begin: string, run: () => T): T {
    return translate(() => {
      database.exec(begin);
      try {
        const result = run();
        database.exec("COMMIT");
        return result;
      } catch (error) {
        if (database.isTransaction) database.exec("ROLLBACK");
        throw error;
      }
    });
  }

  return {
    async read(statements: readonly Statement[]) {
      return transaction("BEGIN", () => statements.map(({ sql, params }) => prepare(sql).all(...params) as Row[]));
    },
    async write(statements: readonly Statement[]) {
      return transaction("BEGIN IMMEDIATE", () => statements.map(({ sql, params }) => Number(prepare(sql).run(...params).changes)));
    },
    close() {
      prepared.clear();
      database.close();
    },
  };
}

function translate<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw storeError(error);
  }
}
