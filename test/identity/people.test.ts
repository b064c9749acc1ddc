import { beforeEach, describe, expect, it } from "vitest";
import type { Person } from "../../runtime/ports.ts";
import { createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";
import { storeSnapshot } from "../http/support/store-snapshot.ts";

const system = { who: "", surface: "system" } as const;

let t: TestApp;
let ada: Person;
let bob: Person;
beforeEach(async () => {
  t = await createTestApp();
  ada = await t.addPerson("Ada", "owner");
  bob = await t.addPerson("Bob", "member");
});

const actingOwners = async () => (await t.services.people.list()).filter(({ role, disabledAt }) => role === "owner" && disabledAt === undefined).map(({ name }) => name);

describe("the last owner", () => {
  it.each([{ role: "member" }, { disabled: true }, { role: "member", disabled: true }] as const)("cannot be changed to %o", async (change) => {
    const before = await storeSnapshot(t);
    await expect(t.services.people.change(ada.id, change, system)).rejects.toMatchObject({ reason: "conflict", details: { detail: "nobody would be left who is an owner and can sign in" } });
    expect(await storeSnapshot(t)).toEqual(before);
  });

  it("is still the last one beside an owner whose access is off", async () => {
    await t.services.people.change(bob.id, { role: "owner" }, system);
    await t.services.people.change(bob.id, { disabled: true }, system);
    await expect(t.services.people.change(ada.id, { disabled: true }, system)).rejects.toMatchObject({ reason: "conflict" });
  });

  it("may go once somebody else is one", async () => {
    await t.services.people.change(bob.id, { role: "owner" }, system);
    await t.services.people.change(ada.id, { role: "member" }, system);
    expect(await actingOwners()).toEqual(["Bob"]);
  });

  it("stays when two owners switch each other off at the same moment", async () => {
    await t.services.people.change(bob.id, { role: "owner" }, system);
    const results = await Promise.allSettled([t.services.people.change(ada.id, { disabled: true }, system), t.services.people.change(bob.id, { disabled: true }, system)]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await actingOwners()).toHaveLength(1);
  });
});

describe("a person", () => {
  it("who is switched off is out at once, with every session and key, and in again when switched on", async () => {
    const [browser, program] = [await t.signIn(bob), await t.key(bob)];
    const statuses = () => Promise.all([browser, program].map(async (headers) => (await t.fetch("/api/me", { headers })).status));
    expect(await statuses()).toEqual([200, 200]);
    await t.services.people.change(bob.id, { disabled: true }, system);
    expect(await statuses()).toEqual([403, 403]);
    await t.services.people.change(bob.id, { disabled: false }, system);
    expect(await statuses()).toEqual([200, 200]);
  });

  it("who is no owner any more cannot administer from the next request on", async () => {
    await t.services.people.change(bob.id, { role: "owner" }, system);
    const program = await t.key(bob, "admin");
    expect((await t.post("/api/admin/people/list", {}, program)).status).toBe(200);
    await t.services.people.change(bob.id, { role: "member" }, system);
    expect((await t.post("/api/admin/people/list", {}, program)).status).toBe(403);
  });

  it("has a name that nobody else has, also when two are added at the same moment", async () => {
    const results = await Promise.allSettled([t.addPerson("Grace"), t.addPerson("Grace")]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    await expect(t.addPerson("Ada")).rejects.toMatchObject({ reason: "conflict", details: { detail: 'there is already a person called "Ada"' } });
  });

  it("is found by id before a name that looks like it", async () => {
    await t.addPerson(bob.id, "member");
    expect((await t.services.people.find(bob.id)).name).toBe("Bob");
  });

  it("is not made an owner by whoever can only write the store", async () => {
    await t.store.write([{ sql: "UPDATE people SET sealed = (SELECT sealed FROM people WHERE id = ?) WHERE id = ?", params: [ada.id, bob.id] }]);
    await expect(t.services.people.get(bob.id)).rejects.toMatchObject({ name: "IntegrityError" });
  });

  it("has a name that the store holds sealed only", async () => {
    const rows = Object.values(await storeSnapshot(t)).flat();
    expect(JSON.stringify(rows, (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value))).not.toContain("Ada");
  });
});

describe("a person whose row does not open", () => {
  it("stands in nobody's way, cannot sign in, and is not written over", async () => {
    const [rows = []] = await t.store.read([{ sql: "SELECT sealed FROM people WHERE id = ?", params: [bob.id] }]);
    const sealed = rows[0]?.["sealed"];
    const damaged = sealed instanceof Uint8Array ? sealed.with(40, (sealed[40] ?? 0) ^ 1) : null;
    await t.store.write([{ sql: "UPDATE people SET sealed = ? WHERE id = ?", params: [damaged, bob.id] }]);
    expect((await t.services.people.list()).map(({ name }) => name)).toContain("(cannot be read)");
    await expect(t.services.people.change(bob.id, { disabled: true }, system)).rejects.toMatchObject({ reason: "store_corrupt" });
    expect((await t.store.read([{ sql: "SELECT sealed FROM people WHERE id = ?", params: [bob.id] }]))[0]?.[0]?.["sealed"]).toEqual(damaged);
  });
});
