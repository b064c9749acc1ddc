/** What every request passes before anything looks at it: its size, the name it was sent to, and the site that it comes from. */
import type { MiddlewareHandler } from "hono";
import { Problem } from "../problems.ts";
import { BODY_BYTES, tooLarge } from "./read-json.ts";

/** Methods that change nothing (RFC 9110, section 9.2.1). */
const SAFE_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/** Refuses a body that says it is too large, before anything reads it. One that does not say is counted in read-json.ts. */
export const limitBody: MiddlewareHandler = async (c, next) => {
  if (Number(c.req.header("content-length") ?? 0) > BODY_BYTES) throw tooLarge();
  await next();
};

/**
 * Refuses names that this server was not bound to, so that no other site's name can be pointed at it (DNS rebinding), and
 * requests that a browser sends on behalf of another site.
 * @param origins what was bound, such as http://127.0.0.1:4747
 */
export function checkSite(origins: () => readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    const hosts = origins().map((origin) => new URL(origin).host);
    const host = c.req.header("host") ?? new URL(c.req.url).host;
    if (!hosts.includes(host)) throw new Problem("wrong_host", { detail: `got "${host.slice(0, 80)}", answers to ${hosts.join(", ")}` });
    const origin = c.req.header("origin");
    const site = c.req.header("sec-fetch-site");
    const sameSite = (origin === undefined || origins().includes(origin)) && (site === undefined || site === "same-origin" || site === "none");
    // Somebody may follow a link to the page from elsewhere; that request reads nothing but the page itself.
    const opensPage = c.req.method === "GET" && c.req.header("sec-fetch-mode") === "navigate" && origin === undefined;
    if (!sameSite && !opensPage) throw new Problem("wrong_origin", { detail: `got "${(origin ?? site ?? "").slice(0, 80)}"` });
    // Browsers name the site in every request that changes something. One with a cookie that does not may be anybody's.
    if (origin === undefined && !SAFE_METHODS.includes(c.req.method) && c.req.header("cookie") !== undefined) {
      throw new Problem("wrong_origin", { detail: "got no Origin header beside the cookie", fix: "send the page's own address as Origin, or use an API key" });
    }
    await next();
  };
}

/** The page may load its own script and style and talk to its own server; nothing else, nowhere else. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const HEADERS = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

export const secureHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
  if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
};
