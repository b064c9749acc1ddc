import { beforeEach, describe, expect, it } from "vitest";
import type { App } from "../../runtime/app.ts";
import { SOURCE, createPageApp } from "../http/support/page-app.ts";
import { auditLength, auditSince, storeSnapshot } from "../http/support/store-snapshot.ts";
import { ORIGIN, createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";

let t: TestApp;
let app: App;
beforeEach(async () => {
  t = await createTestApp();
  app = createPageApp(t);
  await t.addPerson("Ada");
});

/** One wrong key from each of `count` addresses. */
async function attack(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    await app.request(`${ORIGIN}/api/me`, { headers: { host: "127.0.0.1:4747", authorization: "Bearer wrong", [SOURCE]: `198.51.100.${n}` } });
  }
}

describe("a sign-in that fails", () => {
  it("is one line in the log and one record in the audit log, which holds no address", async () => {
    const before = await auditLength(t);
    await attack(1);
    expect(t.lines).toEqual(["2026-11-22T12:00:00.000Z holdfast info: sign-in refused from 198.51.100.0 (key_invalid)"]);
    expect(await auditSince(t, before)).toEqual([{ who: "", surface: "api", action: "sign-in", outcome: "refused", reason: "key_invalid" }]);
  });

  it("reaches the audit log sixty times a minute at most, and the log each time", async () => {
    const before = await auditLength(t);
    await attack(200);
    expect([await auditLength(t), t.lines.length]).toEqual([before + 60, 200]);
    t.clock.advance(60_000);
    await attack(3);
    const refused = { who: "", surface: "api", action: "sign-in", outcome: "refused", reason: "key_invalid" };
    expect(await auditSince(t, before + 60)).toEqual([{ ...refused, sizes: { leftOut: 140 } }, refused, refused]);
  });

  it("is not in the audit log once it is slowed", async () => {
    const before = await auditLength(t);
    for (let n = 0; n < 30; n += 1) await app.request(`${ORIGIN}/api/me`, { headers: { host: "127.0.0.1:4747", authorization: "Bearer wrong" } });
    expect(await auditLength(t)).toBe(before + 6);
  });

  it("leaves nothing else behind", async () => {
    const before = await storeSnapshot(t);
    await attack(20);
    expect(await storeSnapshot(t)).toEqual(before);
    expect(JSON.stringify(await auditSince(t, 0))).not.toContain("198.51.100");
  });

  it("does not crowd out the refusals of somebody who is known", async () => {
    const member = await t.key(await t.addPerson("Bob", "member"));
    await attack(100);
    const before = await auditLength(t);
    expect((await app.request(`${ORIGIN}/api/sessions`, { headers: { host: "127.0.0.1:4747", ...member } })).status).toBe(403);
    expect(await auditSince(t, before)).toMatchObject([{ surface: "api", action: "request", outcome: "refused", reason: "not_allowed" }]);
  });

  it("does not keep a sign-in that works, or a change, out of the audit log", async () => {
    await attack(100);
    const before = await auditLength(t);
    const bob = await t.addPerson("Bob", "member");
    await t.signIn(bob);
    expect((await auditSince(t, before)).map(({ action }) => action)).toEqual(["person.added", "link.created", "sign-in"]);
  });
});
