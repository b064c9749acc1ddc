import { beforeEach, describe, expect, it } from "vitest";
import type { Person } from "../../runtime/ports.ts";
import { COOKIE, createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const system = { who: "", surface: "system" } as const;

let t: TestApp;
let ada: Person;
let browser: Record<string, string>;
beforeEach(async () => {
  t = await createTestApp({ env: { HOLDFAST_IDLE_LOGOFF_MINUTES: "30", HOLDFAST_SESSION_HOURS: "24" } });
  ada = await t.addPerson("Ada");
  browser = await t.signIn(ada);
});

const me = (headers = browser) => t.fetch("/api/me", { headers });
const sessionsOf = async (headers = browser) => ((await (await t.fetch("/api/sessions", { headers })).json()) as { sessions: { id: string; current: boolean }[] }).sessions;

describe("a session", () => {
  it("goes on as long as it is used", async () => {
    for (let minute = 0; minute < 120; minute += 29) {
      expect((await me()).status).toBe(200);
      t.clock.advance(29 * MINUTE);
    }
  });

  it("ends when it was idle for the whole limit", async () => {
    await me();
    t.clock.advance(30 * MINUTE - 1);
    expect((await me()).status).toBe(200);
    t.clock.advance(30 * MINUTE);
    expect((await me()).status).toBe(401);
    expect(await t.services.sessions.list(ada.id)).toEqual([]);
  });

  it("ends at its last hour, however much it is used", async () => {
    for (let minutes = 0; minutes < 24 * 60 - 20; minutes += 20) {
      t.clock.advance(20 * MINUTE);
      await me();
    }
    t.clock.advance(20 * MINUTE - 1);
    expect((await me()).status).toBe(200);
    t.clock.advance(1);
    expect((await me()).status).toBe(401);
  });

  it("is not prolonged by whoever can only write the store", async () => {
    t.clock.advance(24 * HOUR);
    const late = t.clock.now() + HOUR;
    await t.store.write([{ sql: "UPDATE sessions SET expires_at = ?, last_seen_at = ?", params: [late, late] }]);
    expect((await me()).status).toBe(401);
  });

  it("is not idle while it is used every few seconds, with the shortest limit too", async () => {
    const brief = await createTestApp({ env: { HOLDFAST_IDLE_LOGOFF_MINUTES: "1" } });
    const headers = await brief.signIn(await brief.addPerson("Ada"));
    for (let seconds = 0; seconds < 180; seconds += 20) {
      brief.clock.advance(20_000);
      expect((await brief.fetch("/api/me", { headers })).status).toBe(200);
    }
  });

  it("is stored as a hash: the cookie's value is nowhere in the store", async () => {
    const token = browser["cookie"]?.slice(COOKIE.length + 1) ?? "";
    const [rows] = await t.store.read([{ sql: "SELECT hash, length(hash) AS length FROM sessions", params: [] }]);
    expect(rows?.[0]?.["length"]).toBe(64);
    expect(rows?.[0]?.["hash"]).not.toContain(token);
  });
});

describe("the sessions of a person", () => {
  it("are listed, newest first, with the one that asks marked", async () => {
    t.clock.advance(MINUTE);
    const phone = await t.signIn(ada);
    expect((await sessionsOf(phone)).map(({ current }) => current)).toEqual([true, false]);
    expect((await sessionsOf(browser)).map(({ current }) => current)).toEqual([false, true]);
  });

  it("hold times, the device, and nothing that could sign anybody in", async () => {
    expect(await sessionsOf()).toEqual([
      { id: expect.stringMatching(/^[\w-]{36}$/), createdAt: "2026-11-22T12:00:00.000Z", lastSeenAt: "2026-11-22T12:00:00.000Z", expiresAt: "2026-11-23T12:00:00.000Z", device: "a browser", current: true },
    ]);
  });

  it("end one at a time, at once, on the server", async () => {
    const phone = await t.signIn(ada);
    const [lost] = (await sessionsOf(browser)).filter(({ current }) => !current);
    expect((await t.fetch(`/api/sessions/${lost?.id}`, { method: "DELETE", headers: browser })).status).toBe(204);
    expect((await me(phone)).status).toBe(401);
    expect((await me(browser)).status).toBe(200);
    expect((await t.fetch(`/api/sessions/${lost?.id}`, { method: "DELETE", headers: browser })).status).toBe(404);
  });

  it("cannot be ended, or told from none, by somebody else, an owner neither", async () => {
    const bob = await t.addPerson("Bob", "member");
    const [bobs, [his]] = [await t.signIn(bob), await t.services.sessions.list(bob.id)];
    const [foreign, none] = await Promise.all([his?.id, crypto.randomUUID()].map(async (id) => (await t.fetch(`/api/sessions/${id}`, { method: "DELETE", headers: browser })).json()));
    expect(foreign).toEqual({ type: "urn:holdfast:problem:unknown_session", title: "there is no such session", status: 404, reason: "unknown_session", detail: "it has ended, or is somebody else's" });
    expect(none).toEqual(foreign);
    expect((await me(bobs)).status).toBe(200);
  });

  it("do not list those that have ended or idled out", async () => {
    const [own] = await t.services.sessions.list(ada.id);
    await t.services.sessions.end(ada.id, own?.id ?? "", system);
    const phone = await t.signIn(ada);
    t.clock.advance(31 * MINUTE);
    expect(await t.services.sessions.list(ada.id)).toEqual([]);
    expect((await me(phone)).status).toBe(401);
  });
});

describe("signing out", () => {
  it("ends the session on the server and takes the cookie back", async () => {
    const reply = await t.fetch("/api/session", { method: "DELETE", headers: browser });
    expect(reply.status).toBe(204);
    expect(reply.headers.get("set-cookie")).toBe(`${COOKIE}=; Max-Age=0; Path=/`);
    // The cookie that was kept aside does not work any more.
    expect((await me()).status).toBe(401);
    expect((await t.fetch("/api/session", { method: "DELETE", headers: browser })).status).toBe(401);
  });

  it("leaves the person's other browsers signed in", async () => {
    const phone = await t.signIn(ada);
    await t.fetch("/api/session", { method: "DELETE", headers: browser });
    expect((await me(phone)).status).toBe(200);
  });

  it("is in the audit log, with who and which session", async () => {
    const [own] = await t.services.sessions.list(ada.id);
    await t.fetch("/api/session", { method: "DELETE", headers: browser });
    const head = await t.services.foundation.ledger.head();
    expect(JSON.parse(head?.record ?? "")).toMatchObject({ who: ada.id, surface: "web", action: "sign-out", outcome: "ok", target: own?.id });
  });
});
