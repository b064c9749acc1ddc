/** Writing down when something was last used. It changes nothing that anybody relies on, so it is not in the audit log. */
import type { Statement, Store } from "../ports.ts";
import { StoreError } from "./errors.ts";

/** A store that cannot write it down, because the disk is full, can still be read. */
export async function touch(store: Store, statement: Statement): Promise<void> {
  try {
    await store.write([statement]);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}
