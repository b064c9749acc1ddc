import type { Statement, Store } from "../../runtime/ports.ts";

export interface CountingStore extends Store {
  /** The statements of each round trip, in order. A test may empty them. */
  readonly reads: (readonly Statement[])[];
  readonly writes: (readonly Statement[])[];
}

export function countingStore(store: Store): CountingStore {
  const reads: CountingStore["reads"] = [];
  const writes: CountingStore["writes"] = [];
  return {
    reads,
    writes,
    read(statements) {
      reads.push(statements);
      return store.read(statements);
    },
    write(statements) {
      writes.push(statements);
      return store.write(statements);
    },
  };
}
