import type { SignedHead } from "../../runtime/audit/chain.ts";
import type { HeadKeeper } from "../../runtime/audit/outside-head.ts";

/** A keeper of heads in memory; `heads` is open to tests that play somebody who can write its place. */
export function memoryHeads(): HeadKeeper & { readonly heads: SignedHead[] } {
  const heads: SignedHead[] = [];
  return {
    name: "the memory",
    heads,
    probe: async () => undefined,
    recent: async () => [...heads],
    async append(head) {
      heads.push(head);
    },
  };
}
