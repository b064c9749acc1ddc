/** Signing in and out, and who one is. */
import { Hono } from "hono";
import type { Context } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import { z } from "zod";
import { usageOf, usageToday } from "../../chat/usage.ts";
import type { HttpEnv, Require } from "../../http/access.ts";
import { readJson } from "../../http/read-json.ts";
import type { Refusals } from "../../identity/refusals.ts";
import { Problem } from "../../problems.ts";
import type { Services } from "../../services.ts";
import { MESSAGE_BYTES } from "./web-channel.ts";

export interface SessionRoutesDeps {
  readonly services: Services;
  readonly require: Require;
  readonly refusals: Refusals;
  readonly cookie: string;
  readonly source: (c: Context) => string;
  /** Where the data lives, in words, and its path for the owner's eyes. */
  readonly place: { readonly place: string; readonly path: string };
  readonly version: string;
}

const link = z.strictObject({ link: z.string().min(1).max(200) });

export function sessionRoutes({ services, require, refusals, cookie, source, place, version }: SessionRoutesDeps): Hono<HttpEnv> {
  const { foundation, people, links, sessions, settings, chosenModel } = services;
  const routes = new Hono<HttpEnv>();

  routes.post("/session", async (c) => {
    const { link: token } = await readJson(c.req.raw, link);
    try {
      const checked = await links.check(token);
      const person = await people.get(checked.person);
      if (person?.disabledAt !== undefined) throw new Problem("person_disabled", { detail: "an owner switched it off", fix: "ask an owner" });
      const session = await sessions.create(checked, c.req.header("user-agent") ?? "");
      setCookie(c, cookie, session.token, { path: "/", httpOnly: true, sameSite: "Strict", secure: cookie.startsWith("__Host-"), expires: new Date(session.expiresAt) });
      return c.body(null, 204);
    } catch (error) {
      throw error instanceof Problem ? await refusals.signIn(error, source(c), "web") : error;
    }
  });

  routes.delete("/session", require("browser"), async (c) => {
    const { person, via } = c.get("identity");
    if (via.type === "session") await sessions.end(person.id, via.session.id, { who: person.id, surface: "web" });
    deleteCookie(c, cookie, { path: "/", secure: cookie.startsWith("__Host-") });
    return c.body(null, 204);
  });

  routes.get("/sessions", require("browser"), async (c) => {
    const { person, via } = c.get("identity");
    const open = await sessions.list(person.id);
    return c.json({
      sessions: open.map(({ id, createdAt, lastSeenAt, expiresAt, device }) => ({ id, createdAt: toTime(createdAt), lastSeenAt: toTime(lastSeenAt), expiresAt: toTime(expiresAt), device, current: via.type === "session" && via.session.id === id })),
    });
  });

  routes.delete("/sessions/:id", require("browser"), async (c) => {
    const { person } = c.get("identity");
    await sessions.end(person.id, c.req.param("id"), { who: person.id, surface: "web" });
    return c.body(null, 204);
  });

  routes.get("/me", require("person"), async (c) => {
    const { person, via } = c.get("identity");
    const { info: model } = await chosenModel.current();
    return c.json({
      person,
      model,
      data: { place: place.place, ...(person.role === "owner" ? { path: place.path } : {}) },
      limits: limits(),
      usage: await usageToday(foundation, person.id),
      session: { idleMinutes: settings.sessions.idleMinutes, ...(via.type === "session" ? { expiresAt: toTime(via.session.expiresAt) } : {}) },
      version,
    });
  });

  routes.get("/usage", require("person"), async (c) => c.json({ days: await usageOf(foundation, c.get("identity").person.id), limits: limits() }));

  function limits() {
    const { tokensPerDay, requestsPerMinute } = settings.chat;
    return { tokensPerDay, requestsPerMinute, messageBytes: MESSAGE_BYTES };
  }

  return routes;
}

function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
