/** The people whom this assistant serves. Their names are sealed; elsewhere a person is a random id. */
import type { AuditEntry } from "../audit/chain.ts";
import type { Binding } from "../crypto/envelope.ts";
import { openJson, sealJson } from "../crypto/sealed-json.ts";
import type { Foundation } from "../foundation.ts";
import type { Person, Row } from "../ports.ts";
import { Problem } from "../problems.ts";

export interface PersonRecord extends Person {
  readonly name: string;
  readonly createdAt: number;
  /** @default - this person may use the assistant */
  readonly disabledAt?: number;
}

export interface PersonChange {
  readonly role?: Person["role"];
  readonly disabled?: boolean;
}

export interface People {
  add(name: string, role: Person["role"], by: AuditActor): Promise<PersonRecord>;
  list(): Promise<PersonRecord[]>;
  get(id: string): Promise<PersonRecord | undefined>;
  /** By name or id. @throws {Problem} `unknown_person` */
  find(nameOrId: string): Promise<PersonRecord>;
  /** @throws {Problem} `conflict` when nobody would be left who is an owner and enabled */
  change(id: string, change: PersonChange, by: AuditActor): Promise<void>;
}

/** Who does something, and through what. */
export type AuditActor = Pick<AuditEntry, "who" | "surface">;

/** What is sealed of a person. The role is, too: whoever can only write the store cannot make anybody an owner. */
interface SealedPerson {
  readonly name: string;
  readonly role: Person["role"];
  readonly disabledAt?: number;
}

const SELECT = "SELECT id, created_at, sealed FROM people";

export function createPeople({ store, ledger, personKeys, clock }: Foundation): People {
  let last: Promise<unknown> = Promise.resolve();

  /** One change after the other: what is decided from the list of people must still be so when it is written. */
  function alone<T>(run: () => Promise<T>): Promise<T> {
    const result = last.then(run);
    last = result.catch(() => undefined);
    return result;
  }

  async function list(): Promise<PersonRecord[]> {
    const [rows = []] = await store.read([{ sql: `${SELECT} ORDER BY created_at, id`, params: [] }]);
    return Promise.all(rows.map(toPerson));
  }

  async function toPerson(row: Row): Promise<PersonRecord> {
    const id = String(row["id"]);
    const person = await openJson<SealedPerson>(await personKeys.get(id), binding(id), row["sealed"]);
    return { ...person, id, createdAt: Number(row["created_at"]) };
  }

  async function add(name: string, role: Person["role"], by: AuditActor): Promise<PersonRecord> {
    const taken = (await list()).some((person) => person.name === name);
    if (taken) throw new Problem("conflict", { detail: `there is already a person called "${name}"`, fix: "choose another name" });
    const id = crypto.randomUUID();
    const sealed = await sealJson(await personKeys.create(id), binding(id), { name, role } satisfies SealedPerson);
    const createdAt = clock.now();
    await ledger.commit(
      [{ sql: "INSERT INTO people (id, created_at, sealed) VALUES (?, ?, ?)", params: [id, createdAt, sealed] }],
      { ...by, action: "person.added", outcome: "ok", target: id },
    );
    return { id, name, role, createdAt };
  }

  async function change(id: string, { role, disabled }: PersonChange, by: AuditActor): Promise<void> {
    const people = await list();
    const person = people.find((candidate) => candidate.id === id);
    if (!person) throw new Problem("unknown_person", { detail: `got "${id}"` });
    const disabledAt = disabled === undefined ? person.disabledAt : disabled ? clock.now() : undefined;
    const after: SealedPerson = { name: person.name, role: role ?? person.role, ...(disabledAt === undefined ? {} : { disabledAt }) };
    const isActingOwner = (one: SealedPerson) => one.role === "owner" && one.disabledAt === undefined;
    if (!isActingOwner(after) && !people.some((other) => other.id !== id && isActingOwner(other))) {
      throw new Problem("conflict", { detail: "nobody would be left who is an owner and can sign in", fix: "make somebody else an owner first" });
    }
    await ledger.commit(
      [{ sql: "UPDATE people SET sealed = ? WHERE id = ?", params: [await sealJson(await personKeys.get(id), binding(id), after), id] }],
      { ...by, action: "person.changed", outcome: "ok", target: id },
    );
  }

  return {
    list,
    add: (name, role, by) => alone(() => add(name, role, by)),
    change: (id, wanted, by) => alone(() => change(id, wanted, by)),
    async get(id) {
      const [rows = []] = await store.read([{ sql: `${SELECT} WHERE id = ?`, params: [id] }]);
      return rows[0] && toPerson(rows[0]);
    },
    async find(nameOrId) {
      const people = await list();
      const found = people.find(({ id }) => id === nameOrId) ?? people.find(({ name }) => name === nameOrId);
      if (!found) throw new Problem("unknown_person", { detail: `got "${nameOrId}"; there are ${people.map(({ name }) => `"${name}"`).join(", ")}` });
      return found;
    },
  };
}

function binding(person: string): Binding {
  return { person, conversation: "", record: person, kind: "person", role: "", sequence: 0 };
}
