/** The page and its files, compressed ahead of time. */
import { Hono } from "hono";
import type { HttpEnv } from "./access.ts";

export interface Asset {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  /** The body compressed with Brotli. */
  readonly brotli: Uint8Array<ArrayBuffer>;
  /** The name changes with the content, so a browser may keep it for good. */
  readonly immutable: boolean;
}

/** By path, such as "/" or "/app.1a2b3c.js". */
export type Assets = ReadonlyMap<string, Asset>;

export function pageRoutes(assets: Assets): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  for (const [path, { type, body, brotli, immutable }] of assets) {
    routes.get(path, (c) => {
      const compressed = /\bbr\b/.test(c.req.header("accept-encoding") ?? "");
      return c.body(compressed ? brotli : body, 200, {
        "content-type": type,
        "cache-control": immutable ? "public, max-age=31536000, immutable" : "no-cache",
        vary: "accept-encoding",
        ...(compressed ? { "content-encoding": "br" } : {}),
      });
    });
  }
  return routes;
}
