/** The security headers, exact, on every kind of reply. */
import { beforeAll, describe, expect, it } from "vitest";
import type { App } from "../../runtime/app.ts";
import { ORIGIN, createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";
import { createPageApp } from "./support/page-app.ts";

const security = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};
const problem = { "content-type": "application/problem+json", "cache-control": "no-store" };
const stream = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store", "x-accel-buffering": "no" };

let t: TestApp;
let app: App;
let ada: Record<string, string>;
let program: Record<string, string>;
beforeAll(async () => {
  t = await createTestApp();
  app = createPageApp(t);
  const person = await t.addPerson("Ada");
  [ada, program] = [await t.signIn(person), await t.key(person)];
});

interface Kind {
  readonly name: string;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly status: number;
  /** Beside the security headers. */
  readonly own: Record<string, string>;
}

const json = { "content-type": "application/json", "cache-control": "no-store" };

const kinds: readonly Kind[] = [
  { name: "the page", path: "/", status: 200, own: { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache", vary: "accept-encoding" } },
  { name: "the page, compressed", path: "/", headers: { "accept-encoding": "gzip, br" }, status: 200, own: { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache", vary: "accept-encoding", "content-encoding": "br" } },
  { name: "a file that never changes", path: "/app.1a2b.js", status: 200, own: { "content-type": "text/javascript; charset=utf-8", "cache-control": "public, max-age=31536000, immutable", vary: "accept-encoding" } },
  { name: "health", path: "/healthz", status: 200, own: json },
  { name: "JSON", path: "/api/me", headers: { as: "ada" }, status: 200, own: json },
  { name: "JSON of /v1", path: "/v1/models", headers: { as: "program" }, status: 200, own: json },
  { name: "an event stream", path: "/api/messages", method: "POST", headers: { as: "ada" }, body: { update: "h1", text: "Hello" }, status: 200, own: stream },
  { name: "a stream of /v1", path: "/v1/chat/completions", method: "POST", headers: { as: "program" }, body: { model: "scripted", stream: true, messages: [{ role: "user", content: "Hello" }] }, status: 200, own: stream },
  { name: "a completion", path: "/v1/chat/completions", method: "POST", headers: { as: "program" }, body: { model: "scripted", messages: [{ role: "user", content: "Hello" }] }, status: 200, own: json },
  { name: "nothing there", path: "/nowhere", status: 404, own: problem },
  { name: "nothing there, under /v1", path: "/v1/nowhere", status: 404, own: json },
  { name: "an unknown id", path: "/api/conversations/x", headers: { as: "ada" }, status: 404, own: problem },
  { name: "a method that is not taken", path: "/api/me", method: "POST", status: 405, own: { ...problem, allow: "GET, HEAD" } },
  { name: "a preflight", path: "/api/me", method: "OPTIONS", headers: { "access-control-request-method": "POST" }, status: 405, own: { ...problem, allow: "GET, HEAD" } },
  { name: "nobody signed in", path: "/api/me", status: 401, own: problem },
  { name: "nobody signed in, under /v1", path: "/v1/models", status: 401, own: json },
  { name: "another host", path: "/", headers: { host: "attacker.example" }, status: 421, own: problem },
  { name: "another site", path: "/", headers: { origin: "https://attacker.example" }, status: 403, own: problem },
  { name: "a body that is too large", path: "/api/messages", method: "POST", headers: { as: "ada" }, body: "x".repeat(2 * 1024 * 1024), status: 413, own: problem },
  { name: "a body that is not understood", path: "/api/messages", method: "POST", headers: { as: "ada" }, body: {}, status: 400, own: problem },
];

function ask({ path, method = "GET", headers: { as, ...headers } = {}, body }: Kind, withOrigin = true) {
  const credential = as === "ada" ? ada : as === "program" ? program : {};
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  return app.request(ORIGIN + path, { method, ...content, headers: { host: "127.0.0.1:4747", ...(withOrigin ? { origin: ORIGIN } : {}), "content-type": "application/json", ...credential, ...headers } });
}

describe("the headers of a reply", () => {
  it.each(kinds)("are these, and no others: $name", async (kind) => {
    const reply = await ask(kind);
    await reply.text();
    expect({ status: reply.status, headers: Object.fromEntries(reply.headers) }).toEqual({ status: kind.status, headers: { ...security, ...kind.own } });
  });

  it.each(kinds.filter(({ method = "GET" }) => method === "GET"))("are the same for HEAD, without a body: $name", async (kind) => {
    const [whole, head] = [await ask(kind), await ask({ ...kind, method: "HEAD" })];
    expect([head.status, await head.text(), Object.fromEntries(head.headers)]).toEqual([whole.status, "", Object.fromEntries(whole.headers)]);
  });

  it("hold no permission for another site, whatever it asks for (CORS)", async () => {
    for (const kind of kinds) {
      const reply = await ask({ ...kind, headers: { ...kind.headers, origin: "https://attacker.example", "access-control-request-headers": "authorization" } }, false);
      expect([...reply.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
      expect(reply.status).toBe(kind.name === "another host" ? 421 : 403);
    }
  });

  it("are there when the server itself fails, without a word of why", async () => {
    const broken = createPageApp({ ...t, services: { ...t.services, chosenModel: { ...t.services.chosenModel, current: () => Promise.reject(new Error("a secret of the server")) } } });
    const reply = await broken.request(`${ORIGIN}/healthz`, { headers: { host: "127.0.0.1:4747" } });
    expect({ status: reply.status, headers: Object.fromEntries(reply.headers) }).toEqual({ status: 500, headers: { ...security, ...problem } });
    expect(await reply.json()).toEqual({ type: "urn:holdfast:problem:internal", title: "something went wrong in the server", status: 500, reason: "internal", detail: "it is not the request's fault", fix: "the server's log says more" });
    expect(t.lines.at(-1)).toContain("a request failed: Error: a secret of the server");
  });
});
