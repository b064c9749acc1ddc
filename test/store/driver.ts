/** A driver under test, as the contracts see it. */
import type { Store } from "../../runtime/ports.ts";

export interface Driver {
  readonly name: string;
  /** An empty database, reached in two ways, as by two processes. */
  open(): Promise<{ readonly store: Store; readonly other: Store }>;
}
