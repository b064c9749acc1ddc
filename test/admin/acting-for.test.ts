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

async function linkFor(person: string): Promise<string> {
  const { fragment } = (await (await t.post("/api/admin/link", { person }, browser)).json()) as { fragment: string };
  return fragment.slice("/#link=".length);
}

describe("an owner elsewhere", () => {
  it("may make links for somebody who is new, of which the first that is used ends the others", async () => {
    const tokens: string[] = [];
    for (let n = 0; n < 3; n += 1) tokens.push(await linkFor("Bob"));
    const exchanges = await Promise.all(tokens.slice(0, 2).map((link) => t.post("/api/session", { link })));
    expect(exchanges.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 401]);
    expect((await t.post("/api/session", { link: tokens[2] })).status).toBe(401);
    expect(await t.services.sessions.list(bob.id)).toHaveLength(1);
  });

  it("holds no link in reserve for when somebody has signed in by another one", async () => {
    const link = await linkFor("Bob");
    await t.signIn(bob);
    expect((await t.post("/api/session", { link })).status).toBe(401);
  });

  it("may make links of their own as often as they like", async () => {
    for (let n = 0; n < 2; n += 1) expect((await t.post("/api/session", { link: await linkFor("Ada") })).status).toBe(204);
  });

  it("is told when a link could not work, because its person is switched off", async () => {
    await t.services.people.change(bob.id, { disabled: true }, { who: "", surface: "system" });
    expect(await (await t.post("/api/admin/link", { person: "Bob" }, browser)).json()).toMatchObject({ reason: "person_disabled", detail: "Bob cannot sign in" });
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
