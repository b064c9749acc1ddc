/** One-time sign-in links. The token travels in the address's fragment, which browsers never send, and is stored hashed. */
import { hashSecret, newSecret } from "../crypto/bytes.ts";
import type { Binding } from "../crypto/envelope.ts";
import { openJson, sealJson } from "../crypto/sealed-json.ts";
import type { Foundation } from "../foundation.ts";
import { Problem } from "../problems.ts";
import type { AuditActor } from "./people.ts";

export const LINK_MINUTES = 10;

export interface CheckedLink {
  readonly person: string;
  /** No two sessions have the same. */
  readonly use: string;
  readonly firstOnly: boolean;
}

interface SealedLink {
  readonly expiresAt: number;
  readonly firstOnly: boolean;
}

export interface Links {
  /**
   * A token that signs this person in once, within ten minutes.
   * @param firstOnly it works only while nobody ever signed in as this person
   */
  create(person: string, by: AuditActor, firstOnly?: boolean): Promise<{ readonly token: string; readonly expiresAt: number }>;
  /** Whose link this is. It is used up when a session is stored with its `use`. @throws {Problem} `link_invalid` */
  check(token: string): Promise<CheckedLink>;
}

export function createLinks({ store, ledger, personKeys, clock }: Foundation): Links {
  return {
    async create(person, by, firstOnly = false) {
      const token = newSecret();
      const expiresAt = clock.now() + LINK_MINUTES * 60_000;
      const hash = await hashSecret(token);
      const sealed = await sealJson(await personKeys.get(person), binding(person, hash), { expiresAt, firstOnly } satisfies SealedLink);
      await ledger.commit(
        [
          { sql: "DELETE FROM links WHERE expires_at <= ?", params: [clock.now()] },
          { sql: "INSERT INTO links (hash, person_id, expires_at, sealed) VALUES (?, ?, ?, ?)", params: [hash, person, expiresAt, sealed] },
        ],
        { ...by, action: "link.created", outcome: "ok", target: person },
      );
      return { token, expiresAt };
    },
    async check(token) {
      const hash = await hashSecret(token);
      const [rows = []] = await store.read([{ sql: "SELECT person_id, sealed FROM links WHERE hash = ?", params: [hash] }]);
      if (!rows[0]) throw linkInvalid();
      const person = String(rows[0]["person_id"]);
      const { expiresAt, firstOnly } = await openJson<SealedLink>(await personKeys.get(person), binding(person, hash), rows[0]["sealed"]);
      if (expiresAt <= clock.now()) throw linkInvalid();
      // All first links of a person have one use between them, so that two of them cannot both be the first.
      return { person, use: firstOnly ? `first of ${person}` : hash, firstOnly };
    },
  };
}

export function linkInvalid(): Problem {
  return new Problem("link_invalid", { detail: `a link works once, and for ${LINK_MINUTES} minutes`, fix: 'ask an owner for another one; on the server itself: npm run admin -- link "<your name>"' });
}

function binding(person: string, hash: string): Binding {
  return { person, conversation: "", record: hash, kind: "link", role: "", sequence: 0 };
}
