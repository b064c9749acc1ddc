/**
 * The newest head, kept outside the store. Only this tells a log that was cut short, or a store that was rolled back
 * whole, from one that is as it should be.
 */
import type { KeyRing } from "../crypto/key-ring.ts";
import type { Clock } from "../ports.ts";
import { holdsSignature } from "./chain.ts";
import type { SignedHead } from "./chain.ts";
import type { Ledger } from "./ledger.ts";

/** A place outside the store that remembers heads, such as a file on another disk. */
export interface HeadKeeper {
  /** What it is, for people. */
  readonly name: string;
  /** @throws {Error} when nothing can be appended */
  probe(): Promise<void>;
  /** The newest heads that were appended, oldest first; who can write the place can add others. */
  recent(): Promise<readonly SignedHead[]>;
  append(head: SignedHead & { readonly at: string }): Promise<void>;
}

/** Writes the newest head to the keeper, unless it is there already. */
export async function keepHead(ledger: Ledger, keeper: HeadKeeper, clock: Clock): Promise<void> {
  const head = await ledger.head();
  if (!head || (await keeper.recent()).at(-1)?.hash === head.hash) return;
  const { seq, hash, keyId, signature } = head;
  await keeper.append({ at: new Date(clock.now()).toISOString(), seq, hash, keyId, signature });
}

/** What the heads kept outside say against the store's log, or undefined when they agree. */
export async function findRollback(ledger: Ledger, keeper: HeadKeeper, ring: Pick<KeyRing, "verifying">): Promise<string | undefined> {
  const known = await highestSigned(await keeper.recent(), ring);
  if (!known) return (await ledger.head()) ? `${keeper.name} holds no signed head, so nothing tells whether the audit log was cut short until now` : undefined;
  const [row] = await ledger.page(known.seq - 1, 1);
  if (row?.seq !== known.seq) return `the audit log ends before record ${known.seq}, which ${keeper.name} knows: the store was cut short, or put back from an older copy`;
  return row.hash === known.hash ? undefined : `record ${known.seq} of the audit log is not the one that ${keeper.name} knows`;
}

async function highestSigned(heads: readonly SignedHead[], { verifying }: Pick<KeyRing, "verifying">): Promise<SignedHead | undefined> {
  for (const head of heads.toSorted((a, b) => b.seq - a.seq)) {
    const key = verifying.get(head.keyId);
    if (key && (await holdsSignature(head, key))) return head;
  }
  return undefined;
}
