/** Who sent a request: the person of an API key or of a session cookie. */
import type { AuditEntry } from "../audit/chain.ts";
import type { Person } from "../ports.ts";
import { Problem } from "../problems.ts";
import type { ApiKeys, Scope } from "./api-keys.ts";
import type { People } from "./people.ts";
import type { Session, Sessions } from "./sessions.ts";

export interface Identity {
  readonly person: Person & { readonly name: string };
  readonly surface: AuditEntry["surface"];
  readonly via: { readonly type: "session"; readonly session: Session } | { readonly type: "key"; readonly scopes: readonly Scope[] };
}

export interface Credentials {
  /** Value of the Authorization header. */
  readonly authorization: string | undefined;
  /** Value of the session cookie. */
  readonly cookie: string | undefined;
}

/**
 * A key, when there is one, decides alone. A cookie that does not work is no sign-in, and no attempt at one either: sessions end.
 * @throws {Problem} `key_invalid`, `person_disabled`
 */
export async function identify({ people, apiKeys, sessions }: { readonly people: People; readonly apiKeys: ApiKeys; readonly sessions: Sessions }, { authorization, cookie }: Credentials): Promise<Identity | undefined> {
  if (authorization !== undefined) {
    const [, secret] = /^Bearer ([\w.~+/=-]{1,512})$/i.exec(authorization) ?? [];
    const key = secret === undefined ? undefined : await apiKeys.authenticate(secret);
    if (!key) throw new Problem("key_invalid", { detail: "it is unknown, was revoked, or is not sent as: Authorization: Bearer holdfast_…", fix: "make one with: npm run admin -- key create <name>" });
    return { person: await enabled(people, key.person), surface: "api", via: { type: "key", scopes: key.scopes } };
  }
  const found = cookie === undefined ? undefined : await sessions.authenticate(cookie);
  return found && { person: await enabled(people, found.person), surface: "web", via: { type: "session", session: found.session } };
}

async function enabled(people: People, id: string): Promise<Identity["person"]> {
  const person = await people.get(id);
  if (!person || person.disabledAt !== undefined) throw new Problem("person_disabled", { detail: "an owner switched it off", fix: "ask an owner" });
  return { id: person.id, role: person.role, name: person.name };
}
