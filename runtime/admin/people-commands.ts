/** Commands about people and their ways in. */
import { z } from "zod";
import { LINK_MINUTES } from "../identity/links.ts";
import { scopes } from "../identity/api-keys.ts";
import type { AuditActor, PersonRecord } from "../identity/people.ts";
import { Problem } from "../problems.ts";
import type { Services } from "../services.ts";
import { checkKey, checkLink } from "./acting-for.ts";
import { command, showTime, table } from "./command.ts";

const name = z.string().trim().min(1).max(100).regex(/^[^\p{Cc}\p{Cf}]*$/u, "must not hold control characters");
const role = z.enum(["owner", "member"]);
const optionalPerson = z.strictObject({ person: name.optional() });

/** The named person; else whoever asks; on the command line, where nobody does, the first owner. */
function personOr({ people }: Services, nameOrId: string | undefined, by: AuditActor): Promise<PersonRecord> {
  const wanted = nameOrId ?? by.who;
  return wanted === "" ? people.firstOwner() : people.find(wanted);
}

export const peopleCommands = [
  command({
    name: "link",
    summary: `prints a sign-in link that works once, for ${LINK_MINUTES} minutes`,
    positional: ["person?"],
    input: optionalPerson,
    checkElsewhere: (services, input, identity) => checkLink(services, input.person, identity),
    async run(services, input, by) {
      const person = await personOr(services, input.person, by);
      if (person.disabledAt !== undefined) throw new Problem("person_disabled", { detail: `${person.name} cannot sign in`, fix: `npm run admin -- people enable "${person.name}"` });
      // From elsewhere, only somebody new gets a link from another person, and it must be the first that works.
      const firstOnly = by.surface === "admin" && person.id !== by.who;
      const { token, expiresAt } = await services.links.create(person.id, by, firstOnly);
      return { person: person.name, fragment: `/#link=${token}`, expiresAt: new Date(expiresAt).toISOString() };
    },
    print: ({ person, fragment }) => [`Signs ${person} in, once, within ${LINK_MINUTES} minutes:`, fragment],
  }),
  command({
    name: "people list",
    summary: "lists the people",
    positional: [],
    input: z.strictObject({}),
    async run({ people, foundation }, _input, by) {
      const list = await people.list();
      await foundation.ledger.commit([], { ...by, action: "people.read", outcome: "ok" });
      return list.map(({ id, name: called, role: has, createdAt, disabledAt }) => ({ id, name: called, role: has, createdAt, disabledAt }));
    },
    print: (people) => table([["NAME", "ROLE", "SINCE", "", "ID"], ...people.map((person) => [person.name, person.role, showTime(person.createdAt), person.disabledAt === undefined ? "" : "disabled", person.id])]),
  }),
  command({
    name: "people add",
    summary: "adds a person",
    positional: ["name"],
    input: z.strictObject({ name, role: role.default("member") }),
    run: ({ people }, input, by) => people.add(input.name, input.role, by),
    print: (person) => [`Added ${person.name} as ${person.role}. Print a sign-in link with: npm run admin -- link "${person.name}"`],
  }),
  command({
    name: "people role",
    summary: "makes a person an owner or a member",
    positional: ["person", "role"],
    input: z.strictObject({ person: name, role }),
    async run({ people }, input, by) {
      await people.change((await people.find(input.person)).id, { role: input.role }, by);
      return input;
    },
    print: (changed) => [`${changed.person} is ${changed.role} now.`],
  }),
  command({
    name: "people disable",
    summary: "switches a person's access off; their data stays",
    positional: ["person"],
    input: z.strictObject({ person: name }),
    async run({ people }, input, by) {
      await people.change((await people.find(input.person)).id, { disabled: true }, by);
      return input;
    },
    print: ({ person }) => [`${person} cannot sign in any more; sessions and keys do not work.`],
  }),
  command({
    name: "people enable",
    summary: "switches a person's access on again",
    positional: ["person"],
    input: z.strictObject({ person: name }),
    async run({ people }, input, by) {
      await people.change((await people.find(input.person)).id, { disabled: false }, by);
      return input;
    },
    print: ({ person }) => [`${person} can sign in again.`],
  }),
  command({
    name: "key create",
    summary: "makes an API key and prints it once",
    positional: ["name"],
    input: z.strictObject({
      name,
      person: name.optional(),
      /** Separated by commas. @default - chat */
      scopes: z.string().default("chat").transform((list) => list.split(",").map((scope) => scope.trim())).pipe(z.array(z.enum(scopes)).min(1)),
    }),
    checkElsewhere: (services, input, identity) => checkKey(services, input.person, input.scopes, identity),
    async run(services, input, by) {
      const person = await personOr(services, input.person, by);
      return { ...(await services.apiKeys.create(person.id, input.name, input.scopes, by)), person: person.name, scopes: input.scopes };
    },
    print: ({ person, scopes: granted, key }) => [`A key of ${person} for ${granted.join(", ")}. It is shown this once:`, key],
  }),
  command({
    name: "key list",
    summary: "lists the API keys, never the keys themselves",
    positional: [],
    input: z.strictObject({}),
    async run({ apiKeys, people, foundation }, _input, by) {
      const [keys, everybody] = [await apiKeys.list(), await people.list()];
      await foundation.ledger.commit([], { ...by, action: "keys.read", outcome: "ok" });
      return keys.map((key) => ({ ...key, person: everybody.find(({ id }) => id === key.person)?.name ?? key.person }));
    },
    print: (keys) => table([["NAME", "PERSON", "SCOPES", "MADE", "LAST USED", "", "ID"], ...keys.map((key) => [key.name, key.person, key.scopes.join(","), showTime(key.createdAt), showTime(key.lastUsedAt), key.revokedAt === undefined ? "" : "revoked", key.id])]),
  }),
  command({
    name: "key revoke",
    summary: "revokes an API key, by its name or id",
    positional: ["key"],
    input: z.strictObject({ key: name }),
    async run({ apiKeys }, input, by) {
      await apiKeys.revoke(input.key, by);
      return input;
    },
    print: ({ key }) => [`${key} does not work any more.`],
  }),
  command({
    name: "session list",
    summary: "lists a person's open browser sessions",
    positional: ["person?"],
    input: optionalPerson,
    async run(services, input, by) {
      const person = await personOr(services, input.person, by);
      await services.foundation.ledger.commit([], { ...by, action: "sessions.read", outcome: "ok", target: person.id });
      return services.sessions.list(person.id);
    },
    print: (sessions) => table([["SINCE", "LAST SEEN", "UNTIL", "ID", "DEVICE"], ...sessions.map((session) => [showTime(session.createdAt), showTime(session.lastSeenAt), showTime(session.expiresAt), session.id, session.device])]),
  }),
  command({
    name: "session end",
    summary: "signs a person out of one browser, or of all of them",
    positional: ["person", "id?"],
    input: z.strictObject({ person: name, id: z.string().max(64).optional() }),
    async run({ people, sessions }, input, by) {
      const person = await people.find(input.person);
      const ids = input.id === undefined ? (await sessions.list(person.id)).map(({ id }) => id) : [input.id];
      for (const id of ids) await sessions.end(person.id, id, by);
      return { ended: ids.length };
    },
    print: ({ ended }) => [`Ended ${ended} session${ended === 1 ? "" : "s"}.`],
  }),
] as const;
