import { beforeEach, describe, expect, it } from "vitest";
import type { Person } from "../../runtime/ports.ts";
import { createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";

const MINUTE = 60_000;
const system = { who: "", surface: "system" } as const;

let t: TestApp;
let ada: Person;
beforeEach(async () => {
  t = await createTestApp();
  ada = await t.addPerson("Ada");
});

const use = (key: string) => t.fetch("/api/me", { headers: { authorization: `Bearer ${key}` } });
const keyRows = async () => (await t.store.read([{ sql: "SELECT * FROM api_keys", params: [] }]))[0] ?? [];

describe("an API key", () => {
  it("is recognisable, and has 256 random bits", async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => t.services.apiKeys.create(ada.id, "a program", ["chat"], system)));
    for (const { key } of made) expect(key).toMatch(/^holdfast_[\w-]{43}$/);
    expect(new Set(made.map(({ key }) => key)).size).toBe(20);
  });

  it("is shown once: neither the store, nor the list, nor the audit log holds it", async () => {
    const { key } = await t.services.apiKeys.create(ada.id, "a program", ["chat"], system);
    const secret = key.slice("holdfast_".length);
    const listed = [await keyRows(), await t.services.apiKeys.list(), await t.services.foundation.ledger.page(0, 100)];
    expect(JSON.stringify(listed, (_name, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value))).not.toContain(secret);
    expect((await keyRows())[0]?.["hash"]).toMatch(/^[0-9a-f]{64}$/);
  });

  it("does not work any more from the moment it is revoked", async () => {
    const { id, key } = await t.services.apiKeys.create(ada.id, "a program", ["chat"], system);
    expect((await use(key)).status).toBe(200);
    await t.services.apiKeys.revoke(id, system);
    expect((await use(key)).status).toBe(401);
    expect((await t.services.apiKeys.list())[0]?.revokedAt).toBe(t.clock.now());
  });

  it("is revoked by its name, which then may be given to a new one", async () => {
    const old = await t.services.apiKeys.create(ada.id, "a program", ["chat"], system);
    await t.services.apiKeys.revoke("a program", system);
    const young = await t.services.apiKeys.create(ada.id, "a program", ["chat"], system);
    expect([(await use(old.key)).status, (await use(young.key)).status]).toEqual([401, 200]);
    await t.services.apiKeys.revoke("a program", system);
    expect((await use(young.key)).status).toBe(401);
    await expect(t.services.apiKeys.revoke("a program", system)).rejects.toMatchObject({ reason: "unknown_key" });
  });

  it("tells when it was last used, to the minute", async () => {
    const { key } = await t.services.apiKeys.create(ada.id, "a program", ["chat"], system);
    const lastUsed = async () => (await t.services.apiKeys.list())[0]?.lastUsedAt;
    expect(await lastUsed()).toBe(undefined);
    const first = t.clock.now();
    await use(key);
    t.clock.advance(MINUTE);
    await use(key);
    expect(await lastUsed()).toBe(first);
    t.clock.advance(1);
    await use(key);
    expect(await lastUsed()).toBe(first + MINUTE + 1);
  });

  it("is not used by an attempt that fails", async () => {
    const { id, key } = await t.services.apiKeys.create(ada.id, "a program", ["chat"], system);
    await t.services.apiKeys.revoke(id, system);
    await use(key);
    expect((await t.services.apiKeys.list())[0]?.lastUsedAt).toBe(undefined);
  });

  it("keeps its scopes and its person against whoever can only write the store", async () => {
    const bob = await t.addPerson("Bob", "member");
    const { key } = await t.services.apiKeys.create(bob.id, "a program", ["chat"], system);
    const other = await t.services.apiKeys.create(ada.id, "an owner's", ["admin"], system);
    await t.store.write([{ sql: "UPDATE api_keys SET person_id = ? WHERE person_id = ?", params: [ada.id, bob.id] }]);
    expect((await use(key)).status).toBe(500);
    await t.store.write([{ sql: "UPDATE api_keys SET person_id = ?, sealed = (SELECT sealed FROM api_keys WHERE id = ?) WHERE id <> ?", params: [ada.id, other.id, other.id] }]);
    expect((await use(key)).status).toBe(500);
  });

  it.each([
    ["in lower case", (key: string) => `bearer ${key}`, 200],
    ["with another scheme", (key: string) => `Token ${key}`, 401],
    ["without a scheme", (key: string) => key, 401],
    ["with two spaces", (key: string) => `Bearer  ${key}`, 401],
    ["with something behind it", (key: string) => `Bearer ${key} x`, 401],
    ["with a comma and another", (key: string) => `Bearer ${key},Bearer ${key}`, 401],
    ["in other case", (key: string) => `Bearer ${key.toUpperCase()}`, 401],
    ["cut by one character", (key: string) => `Bearer ${key.slice(0, -1)}`, 401],
    ["as the empty string", () => "Bearer ", 401],
    ["of 10,000 characters", () => `Bearer ${"a".repeat(10_000)}`, 401],
  ])("sent %s", async (_name, header, status) => {
    const { key } = await t.services.apiKeys.create(ada.id, "a program", ["chat"], system);
    expect((await t.fetch("/api/me", { headers: { authorization: header(key) } })).status).toBe(status);
  });

  it("is not taken from the address, where logs would keep it", async () => {
    const { key } = await t.services.apiKeys.create(ada.id, "a program", ["chat"], system);
    expect((await t.fetch(`/api/me?api_key=${key}&key=${key}&access_token=${key}`)).status).toBe(401);
    expect((await t.fetch("/api/me", { headers: { "x-api-key": key, cookie: `key=${key}` } })).status).toBe(401);
  });
});
