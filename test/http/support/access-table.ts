/** Every route, who may use it, and a request that its handler answers. A route that is not in here fails the matrix. */
import type { Rule } from "../../../runtime/http/access.ts";
import type { Person } from "../../../runtime/ports.ts";
import type { TestApp } from "../../support/test-app.ts";

/** What a request needs that must be new, or the person's own. */
export interface Ground {
  readonly person: Person;
  /** A number that no other cell has. */
  readonly n: number;
  /** A conversation of the person's with one turn. */
  readonly conversation: string;
  readonly turn: string;
  /** Somebody who can be changed without locking anybody out. */
  readonly victim: string;
}

export interface AccessRow {
  /** `public`: whoever asks. */
  readonly rule: Rule | "public";
  /** Status of the reply to whoever may. */
  readonly ok: 200 | 204;
  /** The address, with this ground's ids. @default - the route as it is */
  readonly path?: (ground: Ground, t: TestApp) => string | Promise<string>;
  /** @default - no body */
  readonly body?: (ground: Ground, t: TestApp) => unknown;
}

const by = { who: "", surface: "system" } as const;

async function openSession({ services }: TestApp, person: string): Promise<string> {
  const { token } = await services.links.create(person, by);
  await services.sessions.create(await services.links.check(token), "another browser");
  return (await services.sessions.list(person))[0]?.id ?? "";
}

const person: AccessRow = { rule: "person", ok: 200 };
const browser: AccessRow = { rule: "browser", ok: 200 };
const admin = (body: AccessRow["body"] = () => ({})): AccessRow => ({ rule: "owner", ok: 200, body });

export const accessTable: Readonly<Record<string, AccessRow>> = {
  "GET /": { rule: "public", ok: 200 },
  "GET /app.1a2b.js": { rule: "public", ok: 200 },
  "GET /healthz": { rule: "public", ok: 200 },
  "POST /api/session": { rule: "public", ok: 204, body: async ({ victim }, { services }) => ({ link: (await services.links.create(victim, by)).token }) },
  "DELETE /api/session": { ...browser, ok: 204 },
  "GET /api/sessions": browser,
  "DELETE /api/sessions/:id": { ...browser, ok: 204, path: async (ground, t) => `/api/sessions/${await openSession(t, ground.person.id)}` },
  "GET /api/me": person,
  "GET /api/usage": person,
  "GET /api/conversations": person,
  "GET /api/conversations/:id": { ...person, path: ({ conversation }) => `/api/conversations/${conversation}` },
  "GET /api/turns/:id/events": { ...person, path: ({ turn }) => `/api/turns/${turn}/events` },
  "POST /api/turns/:id/stop": { ...person, ok: 204, path: ({ turn }) => `/api/turns/${turn}/stop` },
  "GET /api/turns/:id/sent": { ...person, path: ({ turn }) => `/api/turns/${turn}/sent` },
  "POST /api/messages": { ...person, body: ({ n }) => ({ update: `cell-${n}`, text: "Hello" }) },
  "GET /v1/models": person,
  "GET /v1/models/:id{.+}": { ...person, path: () => "/v1/models/scripted" },
  "POST /v1/chat/completions": { ...person, body: () => ({ model: "scripted", messages: [{ role: "user", content: "Hello" }] }) },
  "POST /api/admin/link": admin(({ victim }) => ({ person: victim })),
  "POST /api/admin/people/list": admin(),
  "POST /api/admin/people/add": admin(({ n }) => ({ name: `Newcomer ${n}` })),
  "POST /api/admin/people/role": admin(({ victim }) => ({ person: victim, role: "owner" })),
  "POST /api/admin/people/disable": admin(({ victim }) => ({ person: victim })),
  "POST /api/admin/people/enable": admin(({ victim }) => ({ person: victim })),
  "POST /api/admin/key/create": admin(({ n }) => ({ name: `key ${n}`, scopes: "admin" })),
  "POST /api/admin/key/list": admin(),
  "POST /api/admin/key/revoke": admin(async ({ victim, n }, { services }) => ({ key: (await services.apiKeys.create(victim, `old ${n}`, ["chat"], by)).id })),
  "POST /api/admin/session/list": admin(),
  "POST /api/admin/session/end": admin(({ victim }) => ({ person: victim })),
  "POST /api/admin/model/show": admin(),
  "POST /api/admin/model/set": admin(() => ({ provider: "demo" })),
  "POST /api/admin/usage": admin(({ victim }) => ({ person: victim })),
  "POST /api/admin/settings/show": admin(),
  "POST /api/admin/audit/verify": admin(),
  "POST /api/admin/audit/show": admin(),
};
