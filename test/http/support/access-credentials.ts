/** Every kind of credential that a request may carry, and what each rule makes of it. */
import { newSecret } from "../../../runtime/crypto/bytes.ts";
import type { Rule } from "../../../runtime/http/access.ts";
import type { Person } from "../../../runtime/ports.ts";
import type { ProblemReason } from "../../../runtime/problems.ts";
import { COOKIE } from "../../support/test-app.ts";
import type { TestApp } from "../../support/test-app.ts";

export type Headers = Record<string, string>;

export interface Credential {
  readonly name: string;
  /** Whose it is. */
  readonly role: Person["role"];
  make(t: TestApp, person: Person): Promise<Headers> | Headers;
  /** What happens after it was made and before it is used. @default - nothing */
  spoil?(t: TestApp, person: Person, headers: Headers): Promise<void> | void;
  /** What it is for each rule, while its person may sign in. */
  readonly outcome: Readonly<Record<Rule, Outcome>>;
  /** Whether it tells whose it is, so that a disabled person is recognised. */
  readonly recognised: boolean;
}

/** "ok", or why it is refused. */
export type Outcome = "ok" | Extract<ProblemReason, "sign_in_needed" | "key_invalid" | "not_allowed">;

const HOUR = 3_600_000;
const by = { who: "", surface: "system" } as const;

const nobody = { outcome: { person: "sign_in_needed", browser: "sign_in_needed", owner: "sign_in_needed" }, recognised: false } as const;
const badKey = { outcome: { person: "key_invalid", browser: "key_invalid", owner: "key_invalid" }, recognised: false } as const;
const chatKey = { outcome: { person: "ok", browser: "not_allowed", owner: "not_allowed" }, recognised: true } as const;
const powerless = { outcome: { person: "not_allowed", browser: "not_allowed", owner: "not_allowed" }, recognised: true } as const;

const signIn = (t: TestApp, person: Person) => t.signIn(person);

async function endSessions({ services }: TestApp, person: Person): Promise<void> {
  for (const { id } of await services.sessions.list(person.id)) await services.sessions.end(person.id, id, by);
}

export const credentials: readonly Credential[] = [
  { name: "no credential", role: "owner", ...nobody, make: () => ({}) },
  { name: "a forged cookie", role: "owner", ...nobody, make: () => ({ cookie: `${COOKIE}=${newSecret()}` }) },
  { name: "a session past its last hour", role: "owner", ...nobody, make: signIn, spoil: (t) => t.clock.advance(168 * HOUR) },
  { name: "an idle session", role: "owner", ...nobody, make: signIn, spoil: (t) => t.clock.advance(8 * HOUR) },
  { name: "a session that was ended", role: "owner", ...nobody, make: signIn, spoil: endSessions },
  { name: "a member's session", role: "member", make: signIn, outcome: { person: "ok", browser: "ok", owner: "not_allowed" }, recognised: true },
  { name: "an owner's session", role: "owner", make: signIn, outcome: { person: "ok", browser: "ok", owner: "ok" }, recognised: true },
  { name: "an unknown key", role: "owner", ...badKey, make: () => ({ authorization: `Bearer holdfast_${newSecret()}` }) },
  {
    name: "a revoked key",
    role: "owner",
    ...badKey,
    make: (t, person) => t.key(person, "chat", "admin"),
    async spoil({ services }, person) {
      for (const key of await services.apiKeys.list()) if (key.person === person.id) await services.apiKeys.revoke(key.id, by);
    },
  },
  { name: "a member's key for chat", role: "member", ...chatKey, make: (t, person) => t.key(person, "chat") },
  { name: "an owner's key for chat", role: "owner", ...chatKey, make: (t, person) => t.key(person, "chat") },
  { name: "an owner's key for admin", role: "owner", make: (t, person) => t.key(person, "admin"), outcome: { person: "not_allowed", browser: "not_allowed", owner: "ok" }, recognised: true },
  { name: "a member's key for admin", role: "member", ...powerless, make: (t, person) => t.key(person, "admin") },
  { name: "a malformed Authorization", role: "owner", ...badKey, make: () => ({ authorization: "Basic YWRhOmhvbGRmYXN0" }) },
  { name: "an owner's cookie beside a key for chat", role: "owner", ...chatKey, make: async (t, person) => ({ ...(await t.signIn(person)), ...(await t.key(person, "chat")) }) },
  { name: "an owner's cookie beside an unknown key", role: "owner", ...badKey, make: async (t, person) => ({ ...(await t.signIn(person)), authorization: `Bearer ${newSecret()}` }) },
];
