/** What is said where no route is: nothing is there, or something is that takes other methods. */
import type { Hono, NotFoundHandler } from "hono";
import { Problem } from "../problems.ts";
import type { HttpEnv } from "./access.ts";

export function notFound(app: Hono<HttpEnv>): NotFoundHandler<HttpEnv> {
  return (c) => {
    const allow = methodsAt(app, c.req.path);
    if (allow.length === 0) throw new Problem("unknown_route", { detail: "no page and no API is here" });
    throw new Problem("method_not_allowed", { detail: `got ${c.req.method}, takes ${allow.join(", ")}`, allow });
  };
}

/** Every GET is a HEAD, too. */
function methodsAt(app: Hono<HttpEnv>, path: string): string[] {
  const methods = [...new Set(app.routes.map(({ method }) => method))].filter((method) => isTaken(app, method, path));
  return methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
}

/** Middleware, which takes all methods, is no route. */
function isTaken(app: Hono<HttpEnv>, method: string, path: string): boolean {
  return app.router.match(method, path)[0].some(([[, route]]) => route.method !== "ALL" && route.method === method);
}
