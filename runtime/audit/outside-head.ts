/**
 * The newest head, kept outside the store. Only this tells a log that was cut short, or a store that was rolled back
 * whole, from one that is as it should be.
 */
import type { Clock } from "../ports.ts";
import type { AuditHead } from "./chain.ts";
import type { Ledger } from "./ledger.ts";

/** A place outside the store that remembers signed heads, such as a file on another disk. */
export interface HeadKeeper {
  last(): Promise<AuditHead | undefined>;
  append(head: AuditHead & { readonly at: string; readonly keyId: string; readonly signature: string }): Promise<void>;
}

/** Writes the newest head to the keeper, unless it is there already. */
export async function keepHead(ledger: Ledger, keeper: HeadKeeper, clock: Clock): Promise<void> {
  const [head, last] = [await ledger.head(), await keeper.last()];
  if (!head || head.hash === last?.hash) return;
  const { seq, hash, keyId, signature } = head;
  await keeper.append({ at: new Date(clock.now()).toISOString(), seq, hash, keyId, signature });
}

/** What the head kept outside says against the store's log, or undefined when they agree. */
export async function findRollback(ledger: Ledger, keeper: HeadKeeper): Promise<string | undefined> {
  const last = await keeper.last();
  if (!last) return undefined;
  const [row] = await ledger.page(last.seq - 1, 1);
  if (!row || row.seq !== last.seq) return `the store's audit log ends before record ${last.seq}, which is known outside of it`;
  return row.hash === last.hash ? undefined : `record ${last.seq} of the store's audit log is not the one that is known outside of it`;
}
