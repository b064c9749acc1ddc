/** The app of a test with a page, and with senders whose addresses the test chooses. */
import { createApp } from "../../../runtime/app.ts";
import type { App } from "../../../runtime/app.ts";
import { createLog } from "../../../runtime/log.ts";
import { COOKIE, ORIGIN } from "../../support/test-app.ts";
import type { TestApp } from "../../support/test-app.ts";

/** Where a request comes from: a header of the test's own, which no listener sets. */
export const SOURCE = "x-test-source";

const page = { type: "text/html; charset=utf-8", body: new TextEncoder().encode("<!doctype html>"), brotli: new TextEncoder().encode("brotli"), immutable: false };

export function createPageApp({ services, lines, clock }: TestApp, origins: readonly string[] = [ORIGIN]): App {
  return createApp({
    services,
    assets: new Map([["/", page], ["/app.1a2b.js", { ...page, type: "text/javascript; charset=utf-8", immutable: true }]]),
    log: createLog((line) => lines.push(line), clock.now),
    origins: () => origins,
    source: (c) => c.req.header(SOURCE) ?? "192.0.2.7",
    cookie: COOKIE,
    place: { place: "this machine", path: "/data" },
    version: "0.0.0-test",
  });
}
