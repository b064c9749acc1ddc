/** Who may use a route. Every route names one of these rules; there is no default. */
import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { identify } from "../identity/identify.ts";
import type { Identity } from "../identity/identify.ts";
import type { Refusals } from "../identity/refusals.ts";
import { Problem } from "../problems.ts";
import type { Services } from "../services.ts";

/**
 * - `person`: somebody who chats, in a browser or with a key of scope `chat`
 * - `browser`: a session alone; a key cannot manage its person's sign-ins
 * - `owner`: an owner's session, or an owner's key of scope `admin`
 */
export type Rule = "person" | "browser" | "owner";

export interface HttpEnv {
  Variables: { identity: Identity };
}

export type Require = (rule: Rule) => MiddlewareHandler<HttpEnv>;

export interface AccessDeps {
  readonly services: Services;
  readonly refusals: Refusals;
  /** Name of the session cookie. */
  readonly cookie: string;
  /** The sender's address. */
  readonly source: (c: Context) => string;
}

export function createRequire({ services, refusals, cookie, source }: AccessDeps): Require {
  async function recognise(c: Context<HttpEnv>): Promise<Identity> {
    const authorization = c.req.header("authorization");
    const identity = await identify(services, { authorization, cookie: getCookie(c, cookie) }).catch(async (error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      const surface = authorization === undefined ? "web" : "api";
      if (error.reason === "key_invalid") throw await refusals.signIn(error, source(c), surface);
      await refusals.request(error, "", surface);
      throw error;
    });
    if (!identity) throw new Problem("sign_in_needed", { detail: "there is no session, or it has ended", fix: 'open a sign-in link: ask an owner for one; on the server itself: npm run admin -- link "<your name>"' });
    return identity;
  }

  return (rule) => async (c, next) => {
    const identity = await recognise(c);
    const missing = whatIsMissing(rule, identity);
    if (missing) {
      const problem = new Problem("not_allowed", { detail: missing });
      await refusals.request(problem, identity.person.id, identity.surface);
      throw problem;
    }
    c.set("identity", identity);
    await next();
  };
}

function whatIsMissing(rule: Rule, { person, via }: Identity): string | undefined {
  switch (rule) {
    case "person":
      return via.type === "session" || via.scopes.includes("chat") ? undefined : "this key lacks the scope chat";
    case "browser":
      return via.type === "session" ? undefined : "this needs a session in a browser, not a key";
    case "owner":
      if (person.role !== "owner") return "this needs an owner";
      return via.type === "session" || via.scopes.includes("admin") ? undefined : "this key lacks the scope admin";
    default:
      return rule satisfies never;
  }
}
