/** Which names this server answers to, and which sites may ask it for something. */
import { beforeAll, describe, expect, it } from "vitest";
import type { App } from "../../runtime/app.ts";
import { ORIGIN, createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";
import { createPageApp } from "./support/page-app.ts";
import { auditLength, storeSnapshot } from "./support/store-snapshot.ts";

let t: TestApp;
let app: App;
let browser: Record<string, string>;
let program: Record<string, string>;
beforeAll(async () => {
  t = await createTestApp();
  app = createPageApp(t, [ORIGIN, "http://localhost:4747"]);
  const ada = await t.addPerson("Ada");
  [browser, program] = [await t.signIn(ada), await t.key(ada, "chat", "admin")];
});

const host = "127.0.0.1:4747";
const get = (headers: Record<string, string>) => app.request(`${ORIGIN}/api/me`, { headers: { ...browser, ...headers } });
const send = (headers: Record<string, string>, text = "Hello") =>
  app.request(`${ORIGIN}/api/messages`, { method: "POST", body: JSON.stringify({ update: crypto.randomUUID(), text }), headers: { host, "content-type": "application/json", ...headers } });

async function nothingHappens(request: () => Response | Promise<Response>): Promise<Response> {
  const before = [await storeSnapshot(t), await auditLength(t)];
  const reply = await request();
  expect([await storeSnapshot(t), await auditLength(t)]).toEqual(before);
  return reply;
}

describe("the name that a request was sent to", () => {
  it.each(["127.0.0.1:4747", "localhost:4747"])("is one of its own: %s", async (name) => {
    expect((await get({ host: name })).status).toBe(200);
  });

  it.each([
    "attacker.example:4747", "attacker.example", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:4748", "127.0.0.1:47470", "127.0.0.1:04747", "localhost", "localhost:4747.", "localhost.:4747",
    "127.0.0.1.:4747", "LOCALHOST:4747", "127.0.0.1.nip.io:4747", "127.1:4747", "2130706433:4747", "0x7f.0.0.1:4747", "[::1]:4747", "[::ffff:127.0.0.1]:4747", "0.0.0.0:4747",
    "127.0.0.1:4747@attacker.example", "attacker.example#127.0.0.1:4747", "127.0.0.1:4747,attacker.example", "a".repeat(5000),
  ])("is refused when it is not: %s", async (name) => {
    const reply = await nothingHappens(() => get({ host: name }));
    expect([reply.status, reply.headers.get("content-type")]).toEqual([421, "application/problem+json"]);
    expect(await reply.json()).toEqual({ type: "urn:holdfast:problem:wrong_host", title: "this server does not answer to that name", status: 421, reason: "wrong_host", detail: `got "${name.slice(0, 80)}", answers to 127.0.0.1:4747, localhost:4747` });
  });

  it.each(["x-forwarded-host", "x-host", "forwarded", "x-original-host", "x-http-host-override"])("is not what %s says", async (header) => {
    const own = header === "forwarded" ? `host=${host}` : host;
    expect((await get({ host: "attacker.example", [header]: own })).status).toBe(421);
    expect((await get({ host, [header]: "attacker.example" })).status).toBe(200);
  });

  it("matters for every path, before anything else is looked at", async () => {
    for (const path of ["/", "/healthz", "/v1/models", "/api/admin/people/list", "/nowhere"]) {
      expect((await app.request(ORIGIN + path, { headers: { host: "attacker.example", ...program } })).status).toBe(421);
    }
  });
});

describe("the site that a request comes from", () => {
  it("is the page's own", async () => {
    expect((await send({ ...browser, origin: ORIGIN, "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" })).status).toBe(200);
    expect((await send({ ...browser, origin: "http://localhost:4747" })).status).toBe(200);
  });

  it.each([
    "https://attacker.example", "null", "", "http://127.0.0.1", "http://127.0.0.1:4748", "https://127.0.0.1:4747", "http://127.0.0.1:4747/", "HTTP://127.0.0.1:4747", "http://LOCALHOST:4747",
    "http://localhost:4747.", "http://[::1]:4747", "http://127.0.0.1:4747.attacker.example", "http://attacker.example:4747", "http://127.0.0.1:4747 http://attacker.example", "file://", "chrome-extension://abc",
  ])("is refused when it is another: Origin %s", async (origin) => {
    for (const credential of [browser, program]) {
      const reply = await nothingHappens(() => send({ ...credential, origin }));
      expect(reply.status).toBe(403);
      expect(await reply.json()).toEqual({ type: "urn:holdfast:problem:wrong_origin", title: "the request comes from another site", status: 403, reason: "wrong_origin", detail: `got "${origin}"` });
    }
  });

  it.each(["cross-site", "same-site", "", "SAME-ORIGIN", "same-origin, cross-site"])("is refused when the browser says so: Sec-Fetch-Site %s", async (site) => {
    expect((await nothingHappens(() => send({ ...browser, origin: ORIGIN, "sec-fetch-site": site }))).status).toBe(403);
    expect((await nothingHappens(() => get({ host, "sec-fetch-site": site }))).status).toBe(403);
  });

  it.each(["POST", "DELETE", "PUT", "PATCH"])("must be named by a browser that changes something: %s", async (method) => {
    const reply = await nothingHappens(() => app.request(`${ORIGIN}/api/session`, { method, headers: { host, ...browser } }));
    expect(reply.status).toBe(403);
    expect(await reply.json()).toMatchObject({ reason: "wrong_origin", detail: "got no Origin header beside the cookie", fix: "send the page's own address as Origin, or use an API key" });
  });

  it("need not be named by a program with a key, which has no cookie that a site could use", async () => {
    expect((await send(program)).status).toBe(200);
    expect((await send({ ...program, ...browser })).status).toBe(403);
  });

  it("need not be named for reading", async () => {
    expect((await get({ host })).status).toBe(200);
  });
});

describe("a link to the page on another site", () => {
  const followed = { host, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };

  it("opens the page", async () => {
    expect((await app.request(`${ORIGIN}/`, { headers: followed })).status).toBe(200);
  });

  it.each([{ origin: "https://attacker.example" }, { origin: "null" }, { "sec-fetch-mode": "no-cors" }, { "sec-fetch-mode": "cors" }, { "sec-fetch-mode": "NAVIGATE" }])("does not when it is a request of another kind: %o", async (difference) => {
    expect((await app.request(`${ORIGIN}/`, { headers: { ...followed, ...difference } })).status).toBe(403);
  });

  it("does not send a form", async () => {
    expect((await nothingHappens(() => send({ ...browser, ...followed }))).status).toBe(403);
  });
});
