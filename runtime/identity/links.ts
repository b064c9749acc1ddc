/** One-time sign-in links. The token travels in the address's fragment, which browsers never send, and is stored hashed. */
import { hashSecret, newSecret } from "../crypto/bytes.ts";
import type { Foundation } from "../foundation.ts";
import { Problem } from "../problems.ts";
import type { AuditActor } from "./people.ts";

export const LINK_MINUTES = 10;

export interface Links {
  /** A token that signs this person in once, within ten minutes. */
  create(person: string, by: AuditActor): Promise<{ readonly token: string; readonly expiresAt: number }>;
  /** Whose link this is. It is used up when a session is stored with its hash. @throws {Problem} `link_invalid` */
  check(token: string): Promise<{ readonly person: string; readonly hash: string }>;
}

export function createLinks({ store, ledger, clock }: Foundation): Links {
  return {
    async create(person, by) {
      const token = newSecret();
      const expiresAt = clock.now() + LINK_MINUTES * 60_000;
      await ledger.commit(
        [
          { sql: "DELETE FROM links WHERE expires_at <= ?", params: [clock.now()] },
          { sql: "INSERT INTO links (hash, person_id, expires_at) VALUES (?, ?, ?)", params: [await hashSecret(token), person, expiresAt] },
        ],
        { ...by, action: "link.created", outcome: "ok", target: person },
      );
      return { token, expiresAt };
    },
    async check(token) {
      const hash = await hashSecret(token);
      const [rows = []] = await store.read([{ sql: "SELECT person_id FROM links WHERE hash = ? AND expires_at > ?", params: [hash, clock.now()] }]);
      if (!rows[0]) throw linkInvalid();
      return { person: String(rows[0]["person_id"]), hash };
    },
  };
}

export function linkInvalid(): Problem {
  return new Problem("link_invalid", { detail: `a link works once, and for ${LINK_MINUTES} minutes`, fix: "get another one with: npm run admin -- link" });
}
