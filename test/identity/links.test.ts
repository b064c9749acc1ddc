import { beforeEach, describe, expect, it } from "vitest";
import { newSecret } from "../../runtime/crypto/bytes.ts";
import type { Person } from "../../runtime/ports.ts";
import { COOKIE, createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";

const MINUTE = 60_000;
const system = { who: "", surface: "system" } as const;
const invalid = {
  type: "urn:holdfast:problem:link_invalid",
  title: "this sign-in link does not work",
  status: 401,
  reason: "link_invalid",
  detail: "a link works once, and for 10 minutes",
  fix: 'ask an owner for another one; on the server itself: npm run admin -- link "<your name>"',
};

let t: TestApp;
let ada: Person;
beforeEach(async () => {
  t = await createTestApp();
  ada = await t.addPerson("Ada");
});

const newLink = async (person = ada) => (await t.services.links.create(person.id, system)).token;
const open = (link: string, headers: Record<string, string> = {}) => t.post("/api/session", { link }, headers);
const reasonOf = async (reply: Response) => ((await reply.json()) as { reason: string }).reason;

describe("a sign-in link", () => {
  it("becomes a session cookie that scripts and other sites do not get", async () => {
    const reply = await open(await newLink());
    expect(reply.status).toBe(204);
    expect(reply.headers.getSetCookie()).toEqual([expect.stringMatching(new RegExp(`^${COOKIE}=[\\w-]{43}; Path=/; Expires=Sun, 29 Nov 2026 12:00:00 GMT; HttpOnly; SameSite=Strict$`))]);
    const cookie = reply.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect((await t.fetch("/api/me", { headers: { cookie } })).status).toBe(200);
  });

  it("works once", async () => {
    const link = await newLink();
    await open(link);
    const again = await open(link);
    expect({ status: again.status, cookie: again.headers.get("set-cookie"), problem: await again.json() }).toEqual({ status: 401, cookie: null, problem: invalid });
  });

  it("opens exactly one session when eight browsers use it at the same moment", async () => {
    const link = await newLink();
    const replies = await Promise.all(Array.from({ length: 8 }, () => open(link)));
    expect(replies.filter(({ status }) => status === 204).length).toBe(1);
    expect(replies.filter((reply) => reply.headers.get("set-cookie") !== null).length).toBe(1);
    expect((await t.services.sessions.list(ada.id)).length).toBe(1);
  });

  it("opens exactly one session when two processes on one store use it at the same moment", async () => {
    const [link, beside] = [await newLink(), await createTestApp({ beside: t })];
    const replies = await Promise.all([open(link), beside.post("/api/session", { link })]);
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 401]);
    expect((await t.services.sessions.list(ada.id)).length).toBe(1);
  });

  it("works for ten minutes", async () => {
    const [early, late] = [await newLink(), await newLink()];
    t.clock.advance(10 * MINUTE - 1);
    expect((await open(early)).status).toBe(204);
    t.clock.advance(1);
    expect(await (await open(late)).json()).toEqual(invalid);
  });

  it("stays used when links are cleaned up and made anew", async () => {
    const link = await newLink();
    await open(link);
    t.clock.advance(11 * MINUTE);
    await newLink();
    expect((await open(link)).status).toBe(401);
  });

  it("is not prolonged by whoever can only write the store", async () => {
    const link = await newLink();
    t.clock.advance(11 * MINUTE);
    await t.store.write([{ sql: "UPDATE links SET expires_at = ?", params: [t.clock.now() + MINUTE] }]);
    expect((await open(link)).status).toBe(401);
  });

  it("does not sign in somebody else when its row is given to them", async () => {
    const [link, bob] = [await newLink(), await t.addPerson("Bob")];
    await t.store.write([{ sql: "UPDATE links SET person_id = ?", params: [bob.id] }]);
    expect(await reasonOf(await open(link))).toBe("store_corrupt");
    expect(await t.services.sessions.list(bob.id)).toEqual([]);
  });

  it.each(["forged", "a", "' OR 1=1 --", newSecret()])("is refused when it is made up: %s", async (link) => {
    expect(await (await open(link)).json()).toEqual(invalid);
    expect(await t.services.sessions.list(ada.id)).toEqual([]);
  });

  it("is stored as a hash", async () => {
    const link = await newLink();
    const [rows] = await t.store.read([{ sql: "SELECT hash FROM links", params: [] }]);
    expect(rows).toEqual([{ hash: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    expect(rows?.[0]?.["hash"]).not.toBe(link);
  });

  it("does not sign in a person whose access is off, and is not used up by trying", async () => {
    const bob = await t.addPerson("Bob", "member");
    const link = await newLink(bob);
    await t.services.people.change(bob.id, { disabled: true }, system);
    const refused = await open(link);
    expect([refused.status, await reasonOf(refused)]).toEqual([403, "person_disabled"]);
    await t.services.people.change(bob.id, { disabled: false }, system);
    expect((await open(link)).status).toBe(204);
  });

  it("is no API key, and a key is no link", async () => {
    const { authorization = "" } = await t.key(ada);
    expect(await (await open(authorization.slice("Bearer ".length))).json()).toEqual(invalid);
    expect(await reasonOf(await t.fetch("/api/me", { headers: { authorization: `Bearer ${await newLink()}` } }))).toBe("key_invalid");
  });

  it("is in the audit log when it is made and when it fails, without its token or an address", async () => {
    const link = await newLink();
    await open("forged");
    const records = await t.services.foundation.ledger.page(0, 100);
    expect(records.slice(-2).map(({ record }) => JSON.parse(record))).toMatchObject([
      { who: "", surface: "system", action: "link.created", outcome: "ok", target: ada.id },
      { who: "", surface: "web", action: "sign-in", outcome: "refused", reason: "link_invalid" },
    ]);
    expect(JSON.stringify(records)).not.toContain(link);
    expect(JSON.stringify(records)).not.toContain("192.0.2.7");
  });
});

describe("the device of a session", () => {
  it("is what the browser says, without characters that could disguise it, and no longer than a line", async () => {
    const agent = `Mozilla\u009b31m/5.0 ${"x".repeat(5000)}`;
    await open(await newLink(), { "user-agent": agent });
    const [session] = await t.services.sessions.list(ada.id);
    expect(session?.device).toBe(`Mozilla 31m/5.0 ${"x".repeat(200 - 16)}`);
  });
});
