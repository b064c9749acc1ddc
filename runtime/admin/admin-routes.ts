/** Admin commands for owners: `POST /api/admin/key/create` runs "key create". */
import { Hono } from "hono";
import type { HttpEnv, Require } from "../http/access.ts";
import { readJson } from "../http/read-json.ts";
import type { Refusals } from "../identity/refusals.ts";
import { Problem } from "../problems.ts";
import type { Services } from "../services.ts";
import { commands } from "./commands.ts";

export function routeOf(name: string): string {
  return `/api/admin/${name.replaceAll(" ", "/")}`;
}

export function adminRoutes(services: Services, require: Require, refusals: Refusals): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  for (const command of commands) {
    routes.post(routeOf(command.name), require("owner"), async (c) => {
      const identity = c.get("identity");
      const input = await readJson(c.req.raw, command.input);
      await command.checkElsewhere?.(services, input, identity).catch(async (error: unknown) => {
        if (error instanceof Problem) await refusals.request(error, identity.person.id, "admin");
        throw error;
      });
      const output = await command.run(services, input, { who: identity.person.id, surface: "admin" });
      return c.json(output as object);
    });
  }
  return routes;
}
