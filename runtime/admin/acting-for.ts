/**
 * Over HTTP nobody becomes another person. An owner manages people and never reads what they wrote; only whoever holds the
 * server's files, and with them the keys, can do more.
 */
import type { Scope } from "../identity/api-keys.ts";
import type { Identity } from "../identity/identify.ts";
import { Problem } from "../problems.ts";
import type { Services } from "../services.ts";

/**
 * A link signs its holder in as that person. So one may make it for oneself, and for somebody who is new.
 * @throws {Problem} `not_allowed`
 */
export async function checkLink(services: Services, nameOrId: string | undefined, identity: Identity): Promise<void> {
  const person = await services.people.find(nameOrId ?? identity.person.id);
  if (person.id === identity.person.id) return checkScopes(["chat"], identity);
  const isNew = !(await services.sessions.hasSignedIn(person.id)) && (await services.apiKeys.list()).every((key) => key.person !== person.id);
  if (!isNew) throw notAllowed(`${person.name} has signed in before, and a link would let you in as ${person.name}`, `on the server's own machine: npm run admin -- link "${person.name}"`);
}

/** A key acts as its person, and grants no more than whoever makes it has. @throws {Problem} `not_allowed` */
export async function checkKey(services: Services, nameOrId: string | undefined, granted: readonly Scope[], identity: Identity): Promise<void> {
  const person = await services.people.find(nameOrId ?? identity.person.id);
  if (person.id !== identity.person.id) throw notAllowed(`a key of ${person.name}'s would let you in as ${person.name}`, `on the server's own machine: npm run admin -- key create <name> --person "${person.name}"`);
  checkScopes(granted, identity);
}

function checkScopes(wanted: readonly Scope[], { via }: Identity): void {
  const missing = via.type === "session" ? [] : wanted.filter((scope) => !via.scopes.includes(scope));
  if (missing.length > 0) throw notAllowed(`this key lacks the scope ${missing.join(", ")}, so it cannot hand it on`, "use a session in the browser, or a key that has it");
}

function notAllowed(detail: string, fix: string): Problem {
  return new Problem("not_allowed", { detail, fix });
}
