/** Over HTTP an owner manages people, and becomes none of them. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Person } from "../../runtime/ports.ts";
import { auditLength, auditSince } from "../http/support/store-snapshot.ts";
import { createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";

let t: TestApp;
let ada: Person;
let bob: Person;
let browser: Record<string, string>;
beforeEach(async () => {
  t = await createTestApp();
  [ada, bob] = [await t.addPerson("Ada"), await t.addPerson("Bob", "member")];
  browser = await t.signIn(ada);
});

describe("an owner elsewhere", () => {
  it("may make a link for somebody who is new, once and as often as nobody used it", async () => {
    expect((await t.post("/api/admin/link", { person: "Bob" }, browser)).status).toBe(200);
    expect((await t.post("/api/admin/link", { person: bob.id }, browser)).status).toBe(200);
  });

  it.each(["Bob", "  Bob "])("gets no link for somebody who has signed in, whatever became of the session: %s", async (person) => {
    await t.signIn(bob);
    const [session] = await t.services.sessions.list(bob.id);
    await t.services.sessions.end(bob.id, session?.id ?? "", { who: "", surface: "system" });
    const before = await auditLength(t);
    const reply = await t.post("/api/admin/link", { person }, browser);
    expect(await reply.json()).toMatchObject({ status: 403, reason: "not_allowed", detail: "Bob has signed in before, and a link would let you in as Bob" });
    expect(await auditSince(t, before)).toEqual([{ who: ada.id, surface: "admin", action: "request", outcome: "refused", reason: "not_allowed" }]);
  });

  it("gets no link for somebody who has a key", async () => {
    await t.key(bob);
    expect((await t.post("/api/admin/link", { person: "Bob" }, browser)).status).toBe(403);
  });

  it("makes no key of somebody else's, new or not", async () => {
    for (const person of ["Bob", bob.id]) {
      const reply = await t.post("/api/admin/key/create", { name: "x", person }, browser);
      expect(await reply.json()).toMatchObject({ status: 403, reason: "not_allowed", detail: "a key of Bob's would let you in as Bob" });
    }
    expect(await t.services.apiKeys.list()).toEqual([]);
  });

  it("hands on no scope that the key at hand lacks", async () => {
    const admin = await t.key(ada, "admin");
    expect((await t.post("/api/admin/link", {}, admin)).status).toBe(403);
    for (const scopes of ["chat", "admin,chat"]) expect((await t.post("/api/admin/key/create", { name: "x", scopes }, admin)).status).toBe(403);
    expect((await t.post("/api/admin/key/create", { name: "x" }, admin)).status).toBe(403);
    expect((await t.post("/api/admin/key/create", { name: "x", scopes: "admin" }, admin)).status).toBe(200);
  });
});
