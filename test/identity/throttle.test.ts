import { describe, expect, it } from "vitest";
import { createThrottle } from "../../runtime/identity/throttle.ts";
import { Problem } from "../../runtime/problems.ts";
import { SOURCE, createPageApp } from "../http/support/page-app.ts";
import { testClock } from "../support/clock.ts";
import { ORIGIN, createTestApp } from "../support/test-app.ts";

const SECOND = 1000;
const HOUR = 3_600 * SECOND;

/** Seconds to wait, or 0 when the failure was not slowed. */
function fail(throttle: ReturnType<typeof createThrottle>, source = "192.0.2.7"): number {
  try {
    throttle.failed(source);
    return 0;
  } catch (error) {
    if (!(error instanceof Problem) || error.reason !== "slow_down") throw error;
    return error.details.retryAfter ?? NaN;
  }
}

describe("whoever fails to sign in", () => {
  it("may fail five times, and waits twice as long after each further time, up to five minutes", () => {
    const clock = testClock();
    const throttle = createThrottle(clock);
    expect(Array.from({ length: 5 }, () => fail(throttle))).toEqual([0, 0, 0, 0, 0]);
    const waits = Array.from({ length: 10 }, () => {
      expect(fail(throttle)).toBe(0);
      const wait = fail(throttle);
      clock.advance(wait * SECOND);
      return wait;
    });
    expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  });

  it("is told how long to wait, and waits no longer for asking meanwhile", () => {
    const clock = testClock();
    const throttle = createThrottle(clock);
    for (let n = 0; n < 6; n += 1) fail(throttle);
    expect(Array.from({ length: 5 }, () => fail(throttle))).toEqual([2, 2, 2, 2, 2]);
    clock.advance(SECOND + 1);
    expect(fail(throttle)).toBe(1);
    clock.advance(SECOND - 1);
    expect(fail(throttle)).toBe(0);
  });

  it("is forgotten after an hour without a failure", () => {
    const clock = testClock();
    const throttle = createThrottle(clock);
    for (let n = 0; n < 6; n += 1) fail(throttle);
    expect(fail(throttle)).toBe(2);
    clock.advance(HOUR);
    expect(Array.from({ length: 6 }, () => fail(throttle))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(fail(throttle)).toBe(2);
  });

  it("slows nobody else", () => {
    const throttle = createThrottle(testClock());
    for (let n = 0; n < 7; n += 1) fail(throttle, "192.0.2.7");
    expect([fail(throttle, "192.0.2.7"), fail(throttle, "192.0.2.8"), fail(throttle, "2001:db8::7")]).toEqual([2, 0, 0]);
  });

  it("is remembered among 10,000 others, and the one that failed longest ago makes room", () => {
    const throttle = createThrottle(testClock());
    for (let n = 0; n < 6; n += 1) fail(throttle, "early");
    for (let n = 0; n < 9_999; n += 1) fail(throttle, `source ${n}`);
    expect(fail(throttle, "early")).toBe(2);
    fail(throttle, "one more");
    expect(fail(throttle, "early")).toBe(0);
  });

  it("is not the one that makes room when it has failed again since", () => {
    const throttle = createThrottle(testClock());
    for (let n = 0; n < 5; n += 1) fail(throttle, "again");
    for (let n = 0; n < 9_999; n += 1) fail(throttle, `source ${n}`);
    fail(throttle, "again");
    fail(throttle, "one more");
    expect(fail(throttle, "again")).toBe(2);
  });
});

describe("a credential that works", () => {
  it("is never refused, however often its address has failed", async () => {
    const t = await createTestApp();
    const ada = await t.addPerson("Ada");
    const [browser, program] = [await t.signIn(ada), await t.key(ada)];
    const { token } = await t.services.links.create(ada.id, { who: "", surface: "system" });
    for (let n = 0; n < 20; n += 1) await t.fetch("/api/me", { headers: { authorization: "Bearer wrong" } });
    const slowed = await t.fetch("/api/me", { headers: { authorization: "Bearer wrong" } });
    expect([slowed.status, slowed.headers.get("retry-after")]).toEqual([429, "2"]);
    expect(await slowed.json()).toEqual({ type: "urn:holdfast:problem:slow_down", title: "too many attempts", status: 429, reason: "slow_down", detail: "sign-in failed too often from this address", retryAfter: 2 });
    expect((await t.fetch("/api/me", { headers: program })).status).toBe(200);
    expect((await t.fetch("/api/me", { headers: browser })).status).toBe(200);
    expect((await t.post("/api/session", { link: token })).status).toBe(204);
  });
});

describe("what counts as a failure", () => {
  const tries: readonly [name: string, counts: boolean, path: string, init: RequestInit][] = [
    ["a wrong key", true, "/api/me", { headers: { authorization: "Bearer wrong" } }],
    ["a wrong key for /v1", true, "/v1/models", { headers: { authorization: "Bearer wrong" } }],
    ["a wrong link", true, "/api/session", { method: "POST", body: '{"link":"wrong"}', headers: { "content-type": "application/json" } }],
    ["a cookie that has ended", false, "/api/me", { headers: { cookie: "holdfast-test=wrong" } }],
    ["nothing at all", false, "/api/me", {}],
    ["a link that is no text", false, "/api/session", { method: "POST", body: '{"link":1}', headers: { "content-type": "application/json" } }],
  ];

  it.each(tries)("%s: %s", async (_name, counts, path, init) => {
    const t = await createTestApp();
    const app = createPageApp(t);
    const statuses = [];
    for (let n = 0; n < 8; n += 1) statuses.push((await app.request(ORIGIN + path, { ...init, headers: { host: "127.0.0.1:4747", origin: ORIGIN, [SOURCE]: "203.0.113.5", ...(init.headers as Record<string, string>) } })).status);
    expect(statuses.includes(429)).toBe(counts);
    expect(t.lines.length).toBe(counts ? 8 : 0);
  });
});
