/** Conversations and turns, as the page reads them. */
import { Hono } from "hono";
import { listConversations, showConversation } from "../../chat/conversations.ts";
import type { MessagePath } from "../../chat/message-path.ts";
import { showSent } from "../../chat/sent.ts";
import type { Foundation } from "../../foundation.ts";
import type { HttpEnv, Require } from "../../http/access.ts";
import { Problem } from "../../problems.ts";
import { turnStream } from "./web-channel.ts";

export function conversationRoutes(foundation: Foundation, path: MessagePath, require: Require): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get("/conversations", require("person"), async (c) => {
    const { items, next } = await listConversations(foundation, c.get("identity").person, c.req.query("before"));
    const conversations = items.map(({ id, title, createdAt, updatedAt }) => ({ id, title, createdAt: new Date(createdAt).toISOString(), updatedAt: new Date(updatedAt).toISOString() }));
    return c.json({ conversations, ...(next === undefined ? {} : { next }) });
  });

  routes.get("/conversations/:id", require("person"), async (c) => {
    const { conversation, items, next } = await showConversation(foundation, c.get("identity").person, c.req.param("id"), c.req.query("before"));
    return c.json({ id: conversation.id, title: conversation.title, turns: items, ...(next === undefined ? {} : { next }) });
  });

  routes.get("/turns/:id/events", require("person"), async (c) => {
    const after = c.req.query("after") ?? c.req.header("last-event-id") ?? "0";
    if (!/^\d{1,9}$/.test(after)) throw new Problem("malformed", { detail: `after must be a number of characters, got "${after.slice(0, 80)}"` });
    return turnStream(await path.resume(c.get("identity").person, c.req.param("id")), Number(after));
  });

  routes.post("/turns/:id/stop", require("person"), async (c) => {
    await path.stop(c.get("identity").person, c.req.param("id"));
    return c.body(null, 204);
  });

  routes.get("/turns/:id/sent", require("person"), async (c) => c.json(await showSent(foundation, c.get("identity").person, c.req.param("id"))));

  return routes;
}
