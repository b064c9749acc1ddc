/** The people whom this assistant serves. Their names are sealed; elsewhere a person is a random id. */
import type { AuditEntry } from "../audit/chain.ts";
import { IntegrityError } from "../crypto/envelope.ts";
import type { Binding } from "../crypto/envelope.ts";
import { createOpener, sealJson } from "../crypto/sealed-json.ts";
import type { Foundation } from "../foundation.ts";
import type { Person, Row, Statement } from "../ports.ts";
import { Problem } from "../problems.ts";
import { ConstraintError } from "../store/errors.ts";

export interface PersonRecord extends Person {
  readonly name: string;
  readonly createdAt: number;
  /** @default - this person may use the assistant */
  readonly disabledAt?: number;
  /** Number of the change that wrote this record. */
  readonly change: number;
}

export interface PersonChange {
  readonly role?: Person["role"];
  readonly disabled?: boolean;
}

export interface People {
  add(name: string, role: Person["role"], by: AuditActor): Promise<PersonRecord>;
  list(): Promise<PersonRecord[]>;
  get(id: string): Promise<PersonRecord | undefined>;
  /** The owner who has been here longest and can sign in; on a laptop the only person. @throws {Problem} `unknown_person` */
  firstOwner(): Promise<PersonRecord>;
  /** By name or id. @throws {Problem} `unknown_person` */
  find(nameOrId: string): Promise<PersonRecord>;
  /** @throws {Problem} `conflict` when nobody would be left who is an owner and enabled */
  change(id: string, change: PersonChange, by: AuditActor): Promise<PersonRecord>;
}

/** Who does something, and through what. */
export type AuditActor = Pick<AuditEntry, "who" | "surface">;

/** What is sealed of a person. The role is, too: whoever can only write the store cannot make anybody an owner. */
interface SealedPerson {
  readonly name: string;
  readonly role: Person["role"];
  readonly disabledAt?: number;
  /** Number of the change that wrote this; the audit log has it too, so that an older row put back is noticed. */
  readonly change: number;
}

/** A change, worked out from the list of people. */
interface Decision {
  readonly id: string;
  readonly createdAt: number;
  readonly person: Omit<SealedPerson, "change">;
  readonly action: "person.added" | "person.changed";
}

/** Stands for the number of the change in a row that does not open. */
const UNREADABLE = 0;

const SELECT = "SELECT id, created_at, sealed FROM people";

export function createPeople({ store, ledger, personKeys, clock }: Foundation): People {
  const open = createOpener();
  const readAll: Statement = { sql: `${SELECT} ORDER BY created_at, id`, params: [] };

  async function list(): Promise<PersonRecord[]> {
    const [rows = []] = await store.read([readAll]);
    return Promise.all(rows.map(toListed));
  }

  async function toPerson(row: Row): Promise<PersonRecord> {
    const id = String(row["id"]);
    const person = await open<SealedPerson>(await personKeys.get(id), binding(id), row["sealed"]);
    return { ...person, id, createdAt: Number(row["created_at"]) };
  }

  /** One row that does not open must not stand in the way of the others; its person counts as switched off. */
  function toListed(row: Row): Promise<PersonRecord> {
    return toPerson(row).catch((error: unknown) => {
      if (!(error instanceof Problem || error instanceof IntegrityError)) throw error;
      const createdAt = Number(row["created_at"]);
      return { id: String(row["id"]), name: "(cannot be read)", role: "member", createdAt, disabledAt: createdAt, change: UNREADABLE };
    });
  }

  /** What is decided from the list of people must still be so when it is written: of two changes at once, one is decided again. */
  async function settle(by: AuditActor, decide: (people: readonly PersonRecord[]) => Promise<Decision>): Promise<PersonRecord> {
    for (;;) {
      const [rows = [], changes = []] = await store.read([readAll, { sql: "SELECT COALESCE(MAX(n), 0) + 1 AS next FROM people_changes", params: [] }]);
      const change = Number(changes[0]?.["next"]);
      const { id, createdAt, person, action } = await decide(await Promise.all(rows.map(toListed)));
      const sealed = await sealJson(await personKeys.get(id), binding(id), { ...person, change } satisfies SealedPerson);
      try {
        await ledger.commit(
          [
            { sql: "INSERT INTO people_changes (n) VALUES (?)", params: [change] },
            { sql: "INSERT INTO people (id, created_at, sealed) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed", params: [id, createdAt, sealed] },
          ],
          { ...by, action, outcome: "ok", target: id, details: { role: person.role, access: person.disabledAt === undefined ? "on" : "off" }, sizes: { change } },
        );
        return { ...person, id, createdAt, change };
      } catch (error) {
        if (!(error instanceof ConstraintError) || error.constraint !== "people_changed") throw error;
      }
    }
  }

  return {
    list,
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
    async firstOwner() {
      const owner = (await list()).find(isActingOwner);
      if (!owner) throw new Problem("unknown_person", { detail: "nobody is an owner and can sign in" });
      return owner;
    },
    add(name, role, by) {
      const id = crypto.randomUUID();
      return settle(by, async (people) => {
        if (people.some((person) => person.name === name)) throw new Problem("conflict", { detail: `there is already a person called "${name}"`, fix: "choose another name" });
        await personKeys.create(id);
        return { id, createdAt: clock.now(), person: { name, role }, action: "person.added" };
      });
    },
    change(id, { role, disabled }, by) {
      return settle(by, async (people) => {
        const person = people.find((candidate) => candidate.id === id);
        if (!person) throw new Problem("unknown_person", { detail: `got "${id}"` });
        // Writing over a row that does not open would lose the name, and the evidence.
        if (person.change === UNREADABLE) throw new Problem("store_corrupt", { detail: "this person's row does not open; they cannot sign in as it is", fix: "put back a copy of the store that opens" });
        const disabledAt = disabled === undefined ? person.disabledAt : disabled ? clock.now() : undefined;
        const after = { name: person.name, role: role ?? person.role, ...(disabledAt === undefined ? {} : { disabledAt }) };
        if (!isActingOwner(after) && !people.some((other) => other.id !== id && isActingOwner(other))) {
          throw new Problem("conflict", { detail: "nobody would be left who is an owner and can sign in", fix: "make somebody else an owner first" });
        }
        return { id, createdAt: person.createdAt, person: after, action: "person.changed" };
      });
    },
  };
}

function isActingOwner({ role, disabledAt }: Pick<PersonRecord, "role" | "disabledAt">): boolean {
  return role === "owner" && disabledAt === undefined;
}

function binding(person: string): Binding {
  return { person, conversation: "", record: person, kind: "person", role: "", sequence: 0 };
}
