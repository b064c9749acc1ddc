/** A store that fails where the test says. */
import type { Statement, Store } from "../../../runtime/ports.ts";
import { StoreError } from "../../../runtime/store/errors.ts";

export interface FailingStore extends Store {
  /** Called before each read and write; what it throws is the store's failure. Nothing of the batch is applied then. */
  before: (operation: "read" | "write", statements: readonly Statement[]) => void | Promise<void>;
}

export function failingStore(store: Store): FailingStore {
  const failing: FailingStore = {
    before: () => undefined,
    async read(statements) {
      await failing.before("read", statements);
      return store.read(statements);
    },
    async write(statements) {
      await failing.before("write", statements);
      return store.write(statements);
    },
  };
  return failing;
}

/** Fails the n-th operation of its kind, counted from now, and no other. */
export function failNth(kind: "read" | "write", n: number, error: Error = new StoreError("away", new Error("database is locked"))): { readonly before: FailingStore["before"]; failed(): boolean } {
  let count = 0;
  return {
    failed: () => count >= n,
    before(operation) {
      if (operation === kind && (count += 1) === n) throw error;
    },
  };
}

export const full = (): StoreError => new StoreError("full", new Error("database or disk is full"));

/** Whether a batch stores the end of a turn. */
export function endsTurn(statements: readonly Statement[]): boolean {
  return statements.some(({ sql }) => sql.startsWith("UPDATE turns SET state = ?"));
}
