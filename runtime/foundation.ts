/** What everything that reads or changes data stands on. */
import type { Ledger } from "./audit/ledger.ts";
import type { PersonKeys } from "./crypto/person-keys.ts";
import type { Clock, Store } from "./ports.ts";

export interface Foundation {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly personKeys: PersonKeys;
  readonly clock: Clock;
}
