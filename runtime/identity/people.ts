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
  readonly disabledAt: number | undefined;
}

export interface People {
  add(name: string, role: Person["role"], by: AuditActor): Promise<PersonRecord>;
  list(): Promise<PersonRecord[]>;
  get(id: string): Promise<PersonRecord | undefined>;
  /** By name or id. @throws {Problem} `unknown_person` */
  find(nameOrId: string): Promise<PersonRecord>;
  /** @throws {Problem} `conflict` when nobody would be left who is an owner and enabled */
  change(id: string, change: { readonly role?: Person["role"]; readonly disabled?: boolean }, by: AuditActor): Promise<void>;
}

/** Who does something, and through what. */
export type AuditActor = Pick<AuditEntry, "who" | "surface">;

const SELECT = "SELECT id, role, created_at, disabled_at, sealed FROM people";

export function createPeople({ store, ledger, personKeys, clock }: Foundation): People {
  async function list(): Promise<PersonRecord[]> {
    const [rows = []] = await store.read([{ sql: `${SELECT} ORDER BY created_at, id`, params: [] }]);
    return Promise.all(rows.map(toPerson));
  }

  async function toPerson(row: Row): Promise<PersonRecord> {
    const id = String(row["id"]);
    const { name } = await openJson<{ name: string }>(await personKeys.get(id), binding(id), row["sealed"]);
    return { id, name, role: row["role"] === "owner" ? "owner" : "member", createdAt: Number(row["created_at"]), disabledAt: row["disabled_at"] == null ? undefined : Number(row["disabled_at"]) };
  }

  return {
    list,
    async add(name, role, by) {
      const taken = (await list()).some((person) => person.name === name);
      if (taken) throw new Problem("conflict", { detail: `there is already a person called "${name}"`, fix: "choose another name" });
      const id = crypto.randomUUID();
      const sealed = await sealJson(await personKeys.create(id), binding(id), { name });
      const createdAt = clock.now();
      await ledger.commit(
        [{ sql: "INSERT INTO people (id, role, created_at, sealed) VALUES (?, ?, ?, ?)", params: [id, role, createdAt, sealed] }],
        { ...by, action: "person.added", outcome: "ok", target: id },
      );
      return { id, name, role, createdAt, disabledAt: undefined };
    },
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
    async change(id, { role, disabled }, by) {
      const people = await list();
      const ownersLeft = people.filter((person) => {
        const after = person.id === id ? { role: role ?? person.role, disabled: disabled ?? person.disabledAt !== undefined } : { role: person.role, disabled: person.disabledAt !== undefined };
        return after.role === "owner" && !after.disabled;
      });
      if (ownersLeft.length === 0) throw new Problem("conflict", { detail: "nobody would be left who is an owner and can sign in", fix: "make somebody else an owner first" });
      const person = people.find((candidate) => candidate.id === id);
      if (!person) throw new Problem("unknown_person", { detail: `got "${id}"` });
      const disabledAt = disabled === undefined ? (person.disabledAt ?? null) : disabled ? clock.now() : null;
      await ledger.commit(
        [{ sql: "UPDATE people SET role = ?, disabled_at = ? WHERE id = ?", params: [role ?? person.role, disabledAt, id] }],
        { ...by, action: "person.changed", outcome: "ok", target: id },
      );
    },
  };
}

function binding(person: string): Binding {
  return { person, conversation: "", record: person, kind: "person", role: "", sequence: 0 };
}
