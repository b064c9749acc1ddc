/** Admin commands for owners: `POST /api/admin/key/create` runs "key create". */
import { Hono } from "hono";
import type { HttpEnv, Require } from "../http/access.ts";
import { readJson } from "../http/read-json.ts";
import type { Services } from "../services.ts";
import { commands } from "./commands.ts";

export function routeOf(name: string): string {
  return `/api/admin/${name.replaceAll(" ", "/")}`;
}

export function adminRoutes(services: Services, require: Require): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  for (const { name, input, run } of commands) {
    routes.post(routeOf(name), require("owner"), async (c) => {
      const output = await run(services, await readJson(c.req.raw, input), { who: c.get("identity").person.id, surface: "admin" });
      return c.json(output as object);
    });
  }
  return routes;
}
