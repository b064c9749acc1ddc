/** `audit verify` against somebody who can write the store: what was ended, revoked or changed cannot quietly be put back. */
import { beforeEach, describe, expect, it } from "vitest";
import { findDisagreements } from "../../runtime/audit/agreement.ts";
import { commands } from "../../runtime/admin/commands.ts";
import type { Person } from "../../runtime/ports.ts";
import { createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";

const by = { who: "", surface: "system" } as const;

let t: TestApp;
let bob: Person;

beforeEach(async () => {
  t = await createTestApp();
  await t.addPerson("Ada");
  bob = await t.addPerson("Bob", "member");
});

function verify(): Promise<unknown> {
  const command = commands.find(({ name }) => name === "audit verify");
  if (!command) throw new Error("there is no such command");
  return command.run(t.services, {}, by);
}

async function rowOf(table: string, id: string) {
  const [rows = []] = await t.store.read([{ sql: `SELECT * FROM ${table} WHERE id = ?`, params: [id] }]);
  return rows[0] ?? {};
}

describe("audit verify", () => {
  it("finds nothing after honest changes", async () => {
    await t.services.people.change(bob.id, { role: "owner" }, by);
    const { id } = await t.services.apiKeys.create(bob.id, "a program", ["chat"], by);
    await t.services.apiKeys.revoke(id, by);
    await t.signIn(bob);
    const [session] = await t.services.sessions.list(bob.id);
    await t.services.sessions.end(bob.id, session?.id ?? "", by);
    await expect(verify()).resolves.toMatchObject({ outside: "the memory" });
  });

  it("names a person whose older row was put back, so that a former owner is none again", async () => {
    await t.services.people.change(bob.id, { role: "owner" }, by);
    const { sealed = null } = await rowOf("people", bob.id);
    await t.services.people.change(bob.id, { role: "member" }, by);
    await t.store.write([{ sql: "UPDATE people SET sealed = ? WHERE id = ?", params: [sealed, bob.id] }]);
    expect((await t.services.people.get(bob.id))?.role).toBe("owner");
    await expect(verify()).rejects.toMatchObject({ reason: "store_corrupt", details: { detail: `the store does not say what the audit log says was done last: person ${bob.id} was put back to what they were before` } });
  });

  it("is not fooled by a number of a change that was freed and used again", async () => {
    await t.services.people.change(bob.id, { role: "owner" }, by);
    const { sealed = null } = await rowOf("people", bob.id);
    await t.store.write([{ sql: "DELETE FROM people_changes WHERE n = (SELECT MAX(n) FROM people_changes)", params: [] }]);
    await t.services.people.change(bob.id, { role: "member" }, by);
    await t.store.write([{ sql: "UPDATE people SET sealed = ? WHERE id = ?", params: [sealed, bob.id] }]);
    await expect(verify()).rejects.toMatchObject({ details: { detail: expect.stringContaining(`a change of person ${bob.id} has a number that was used before`) } });
  });

  it("raises no alarm over somebody who was changed while it was looking", async () => {
    const { ledger } = t.services.foundation;
    const people = async () => {
      await t.services.people.change(bob.id, { role: "owner" }, by);
      return t.services.people.list();
    };
    expect(await findDisagreements(t.store, ledger, people)).toEqual([]);
  });

  it("names a person who was taken away", async () => {
    await t.store.write([{ sql: "DELETE FROM people WHERE id = ?", params: [bob.id] }]);
    await expect(verify()).rejects.toMatchObject({ details: { detail: expect.stringContaining(`person ${bob.id} is missing`) } });
  });

  it("names a key that was revoked and is not any more", async () => {
    const { id } = await t.services.apiKeys.create(bob.id, "a program", ["chat"], by);
    await t.services.apiKeys.revoke(id, by);
    await t.store.write([{ sql: "UPDATE api_keys SET revoked_at = NULL WHERE id = ?", params: [id] }]);
    await expect(verify()).rejects.toMatchObject({ details: { detail: expect.stringContaining(`API key ${id} was revoked, and is not any more`) } });
  });

  it("names a session that was ended and is open again", async () => {
    await t.signIn(bob);
    const [session] = await t.services.sessions.list(bob.id);
    const id = session?.id ?? "";
    await t.services.sessions.end(bob.id, id, by);
    await t.store.write([{ sql: "UPDATE sessions SET ended_at = NULL WHERE id = ?", params: [id] }]);
    await expect(verify()).rejects.toMatchObject({ details: { detail: expect.stringContaining(`session ${id} was ended, and is open again`) } });
  });
});
