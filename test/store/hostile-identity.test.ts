import { describe, expect, it } from "vitest";
import { hashSecret } from "../../runtime/crypto/bytes.ts";
import { expectRefused, hostileStore } from "./hostile-store.ts";
import type { HostileStore } from "./hostile-store.ts";

const by = { who: "", surface: "system" } as const;

function me({ fetch }: HostileStore, headers: Record<string, string>): Promise<Response> {
  return fetch("/api/me", { headers });
}

describe("with the database alone nobody", () => {
  it.each([
    ["from their own session", "UPDATE sessions SET person_id = ?1 WHERE person_id = ?2"],
    ["by taking over its row", "UPDATE sessions SET hash = 'x' || hash, link_use = 'x' || link_use WHERE person_id = ?1"],
  ])("signs in as somebody else %s", async (how, sql) => {
    const hostile = await hostileStore();
    const { ada, bob, change } = hostile;
    const hash = await hashSecret((bob.browser["cookie"] ?? "").replace("holdfast-test=", ""));
    await change(sql, ada.person.id, ...(how.startsWith("from") ? [bob.person.id] : []));
    if (!how.startsWith("from")) {
      await change("DELETE FROM sessions WHERE person_id = ?", bob.person.id);
      await change("UPDATE sessions SET hash = ? WHERE person_id = ?", hash, ada.person.id);
    }
    await expectRefused(me(hostile, bob.browser), "store_corrupt");
  });

  it("makes a session for a token of their own", async () => {
    const hostile = await hostileStore();
    const { ada, change } = hostile;
    await change(
      "INSERT INTO sessions SELECT 'made-up', ?, 'no link', person_id, created_at, last_seen_at, expires_at, NULL, sealed FROM sessions WHERE person_id = ?",
      await hashSecret("token"),
      ada.person.id,
    );
    await expectRefused(me(hostile, { cookie: "holdfast-test=token" }), "store_corrupt");
  });

  it("prolongs a session over its end", async () => {
    const hostile = await hostileStore();
    const { ada, change, clock } = hostile;
    const [session] = await hostile.services.sessions.list(ada.person.id);
    clock.advance((session?.expiresAt ?? 0) - clock.now());
    await change("UPDATE sessions SET expires_at = ?1 + 1000, last_seen_at = ?1 WHERE person_id = ?2", clock.now(), ada.person.id);
    await expectRefused(me(hostile, ada.browser), "sign_in_needed", 401);
  });

  it("makes a link, gives one to somebody else, or prolongs one", async () => {
    const hostile = await hostileStore();
    const { ada, bob, change, post, services, clock } = hostile;
    const { token, expiresAt } = await services.links.create(bob.person.id, by);
    const signIn = (link: string) => post("/api/session", { link });

    await change("INSERT INTO links SELECT ?, person_id, expires_at, sealed FROM links WHERE person_id = ? AND expires_at = ?", await hashSecret("made up"), bob.person.id, expiresAt);
    await expectRefused(signIn("made up"), "store_corrupt");
    await change("UPDATE links SET person_id = ? WHERE hash = ?", ada.person.id, await hashSecret(token));
    await expectRefused(signIn(token), "store_corrupt");
    await change("UPDATE links SET person_id = ?, expires_at = expires_at + 60000 WHERE hash = ?", bob.person.id, await hashSecret(token));
    clock.advance(expiresAt - clock.now());
    await expectRefused(signIn(token), "link_invalid", 401);
  });

  it("makes a key, or gives one to somebody else", async () => {
    const hostile = await hostileStore();
    const { ada, bob, change, key } = hostile;
    const mine = await key(bob.person, "chat");
    await change("INSERT INTO api_keys SELECT 'made-up', ?, person_id, created_at, NULL, NULL, sealed FROM api_keys", await hashSecret("holdfast_made-up"));
    await expectRefused(me(hostile, { authorization: "Bearer holdfast_made-up" }), "store_corrupt");
    await change("UPDATE api_keys SET person_id = ?", ada.person.id);
    await expectRefused(me(hostile, mine), "store_corrupt");
  });

  it("widens a key with the seal of a wider one", async () => {
    const hostile = await hostileStore();
    const { ada, change, post, key } = hostile;
    const [narrow] = [await key(ada.person, "chat"), await key(ada.person, "chat", "admin")];
    await change("UPDATE api_keys SET sealed = (SELECT sealed FROM api_keys other WHERE other.id <> api_keys.id)");
    await expectRefused(post("/api/admin/people/list", {}, narrow), "store_corrupt");
  });

  it("widens a key by giving its hash to a wider one", async () => {
    const hostile = await hostileStore();
    const { ada, change, post, key, rows } = hostile;
    const narrow = await key(ada.person, "chat");
    const [{ hash } = { hash: null }] = await rows("SELECT hash FROM api_keys");
    await change("DELETE FROM api_keys");
    await key(ada.person, "chat", "admin");
    await change("UPDATE api_keys SET hash = ?", hash ?? null);
    await expectRefused(post("/api/admin/people/list", {}, narrow), "store_corrupt");
  });

  it("makes a member an owner, neither with an owner's seal nor with an owner's id", async () => {
    const hostile = await hostileStore();
    const { ada, bob, change, post } = hostile;
    await expectRefused(post("/api/admin/people/list", {}, bob.browser), "not_allowed", 403);
    await change("UPDATE people SET sealed = (SELECT sealed FROM people WHERE id = ?) WHERE id = ?", ada.person.id, bob.person.id);
    await expectRefused(post("/api/admin/people/list", {}, bob.browser), "store_corrupt");
    await change("DELETE FROM people WHERE id = ?", bob.person.id);
    await change("UPDATE people SET id = ? WHERE id = ?", bob.person.id, ada.person.id);
    await expectRefused(post("/api/admin/people/list", {}, bob.browser), "store_corrupt");
  });

  it("stays signed in when their own row is gone", async () => {
    const hostile = await hostileStore();
    const { bob, change } = hostile;
    await change("DELETE FROM people WHERE id = ?", bob.person.id);
    await expectRefused(me(hostile, bob.browser), "person_disabled", 403);
  });
});

describe("a row that was tampered with", () => {
  it("is told to the log without any content, and others work on", async () => {
    const hostile = await hostileStore();
    const { ada, bob, change, lines } = hostile;
    await change("UPDATE people SET sealed = zeroblob(60) WHERE id = ?", ada.person.id);
    lines.length = 0;
    await expectRefused(me(hostile, ada.browser), "store_corrupt");
    expect(lines).toEqual([expect.stringContaining(`holdfast warning: a request failed: IntegrityError: person ${ada.person.id}: sealed in format 0 with key generation 0, expected 1 and 1`)]);
    expect((await me(hostile, bob.browser)).status).toBe(200);
  });
});
