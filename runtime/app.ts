/** The whole HTTP surface: routes, the order of what a request passes, and what becomes of errors. */
import { Hono } from "hono";
import type { Context } from "hono";
import { adminRoutes } from "./admin/admin-routes.ts";
import { createApiChannel, refuseLikeOpenAI } from "./channels/api/api-channel.ts";
import { modelsRoutes } from "./channels/api/models-routes.ts";
import { takeMessages } from "./channels/take-messages.ts";
import { conversationRoutes } from "./channels/web/conversation-routes.ts";
import { sessionRoutes } from "./channels/web/session-routes.ts";
import { webChannel } from "./channels/web/web-channel.ts";
import { createMessagePath } from "./chat/message-path.ts";
import type { MessagePath } from "./chat/message-path.ts";
import { createRequire } from "./http/access.ts";
import type { HttpEnv } from "./http/access.ts";
import { checkSite, limitBody, secureHeaders } from "./http/guards.ts";
import { notFound } from "./http/not-found.ts";
import { pageRoutes } from "./http/page-routes.ts";
import type { Assets } from "./http/page-routes.ts";
import { problemResponse, toProblem } from "./http/problem-response.ts";
import type { Identity } from "./identity/identify.ts";
import { createRefusals } from "./identity/refusals.ts";
import { createThrottle } from "./identity/throttle.ts";
import type { Log } from "./log.ts";
import type { ProblemReason } from "./problems.ts";
import type { Services } from "./services.ts";

export interface AppDeps {
  readonly services: Services;
  readonly assets: Assets;
  readonly log: Log;
  /** What was bound, such as http://127.0.0.1:4747; asked at each request, because the port is known late. */
  readonly origins: () => readonly string[];
  /** The sender's address. */
  readonly source: (c: Context) => string;
  /** Name of the session cookie; `__Host-` in front where the listener speaks TLS. */
  readonly cookie: string;
  /** Where the data lives, in words, and its path for the owner's eyes. */
  readonly place: { readonly place: string; readonly path: string };
  readonly version: string;
}

export interface App {
  readonly fetch: Hono<HttpEnv>["fetch"];
  readonly request: Hono<HttpEnv>["request"];
  readonly routes: Hono<HttpEnv>["routes"];
  readonly path: MessagePath;
}

export function createApp({ services, assets, log, origins, source, cookie, place, version }: AppDeps): App {
  const { foundation, settings, chosenModel } = services;
  const refusals = createRefusals(foundation, createThrottle(foundation.clock), log);
  const require = createRequire({ services, refusals, cookie, source });
  const path = createMessagePath({ foundation, settings: settings.chat, currentModel: chosenModel.current, report: (error) => log.warn("a turn failed", error) });
  const apiChannel = createApiChannel(async () => (await chosenModel.current()).info.name, foundation.clock.now);

  const app = new Hono<HttpEnv>();
  app.use(secureHeaders, checkSite(origins), limitBody);
  app.route("/", pageRoutes(assets));
  app.get("/healthz", (c) => health(c, services, version));
  app.route("/api", sessionRoutes({ services, require, refusals, cookie, source, place, version }));
  app.route("/api", conversationRoutes(foundation, path, require));
  app.post("/api/messages", require("person"), takeMessages(webChannel, path, refusals, log));
  app.route("/v1", modelsRoutes(chosenModel, require));
  app.post("/v1/chat/completions", require("person"), takeMessages(apiChannel, path, refusals, log));
  app.route("/", adminRoutes(services, require, refusals));

  app.notFound(notFound(app));
  app.onError(async (error, c) => {
    const problem = toProblem(error, log);
    const identity: Identity | undefined = c.get("identity");
    // Data that does not open may have been changed by somebody; whoever reviews the audit log should know.
    if (UNTRUSTED_DATA.includes(problem.reason)) await refusals.request(problem, identity?.person.id ?? "", identity?.surface ?? "system");
    return c.req.path.startsWith("/v1/") ? refuseLikeOpenAI(problem) : problemResponse(problem);
  });
  return { fetch: app.fetch, request: app.request, routes: app.routes, path };
}

const UNTRUSTED_DATA: readonly ProblemReason[] = ["store_corrupt", "key_missing"];

/** For whoever watches the service: nothing secret, nothing about people. */
async function health(c: Context, { foundation, chosenModel }: Services, version: string): Promise<Response> {
  const { info } = await chosenModel.current();
  await foundation.store.read([{ sql: "SELECT 1", params: [] }]);
  return c.json({ status: "ok", version, store: "ok", model: { provider: info.provider, name: info.name, host: info.host }, lastBackup: null });
}
