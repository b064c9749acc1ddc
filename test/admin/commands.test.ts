/** Every admin command, run here and as POST /api/admin/…: the same results, and a command that fails changes nothing. */
import { beforeEach, describe, expect, it } from "vitest";
import { routeOf } from "../../runtime/admin/admin-routes.ts";
import { commands } from "../../runtime/admin/commands.ts";
import type { Person } from "../../runtime/ports.ts";
import { auditLength, auditSince, storeSnapshot } from "../http/support/store-snapshot.ts";
import { createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";

const SECRET = "sk-planted-provider-key";
const vendor = { provider: "openai-compatible", name: "some-model", baseUrl: "https://api.example.eu/v1", region: "eu", apiKey: SECRET };

type Run = (name: string, input: unknown) => Promise<unknown>;

interface Way {
  readonly t: TestApp;
  readonly ada: Person;
  readonly run: Run;
}

/** What differs between two runs: random ids and secrets. */
function masked(output: unknown): unknown {
  const text = JSON.stringify(output)
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "<id>")
    .replaceAll(/holdfast_[\w-]{43}/g, "<key>")
    .replaceAll(/#link=[\w-]{43}/g, "#link=<token>")
    .replaceAll(/[0-9a-f]{64}/g, "<hash>");
  return JSON.parse(text);
}

async function here(): Promise<Way> {
  const t = await createTestApp();
  const ada = await t.addPerson("Ada");
  return { t, ada, run: (name, input) => runHere(t, name, input) };
}

async function runHere(t: TestApp, name: string, input: unknown): Promise<unknown> {
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) throw new Error(`no command ${name}`);
  return command.run(t.services, command.input.parse(input), { who: "", surface: "command line" });
}

async function elsewhere(): Promise<Way> {
  const t = await createTestApp();
  const ada = await t.addPerson("Ada");
  const headers = await t.key(ada, "chat", "admin");
  return { t, ada, run: async (name, input) => (await t.post(routeOf(name), input, headers)).json() };
}

/** In this order on one store: each command at least once, with its options. */
const script: readonly (readonly [name: string, input: Record<string, unknown>, result: unknown])[] = [
  ["people add", { name: "Bob" }, { id: "<id>", name: "Bob", role: "member", createdAt: expect.any(Number) }],
  ["people add", { name: "  Grace Hopper ", role: "owner" }, { id: "<id>", name: "Grace Hopper", role: "owner", createdAt: expect.any(Number) }],
  ["people role", { person: "Bob", role: "owner" }, { person: "Bob", role: "owner" }],
  ["people role", { person: "Bob", role: "member" }, { person: "Bob", role: "member" }],
  ["people disable", { person: "Grace Hopper" }, { person: "Grace Hopper" }],
  ["people enable", { person: "Grace Hopper" }, { person: "Grace Hopper" }],
  ["people list", {}, [{ id: "<id>", name: "Ada", role: "owner", createdAt: expect.any(Number) }, expect.objectContaining({ name: expect.any(String) }), expect.objectContaining({ name: expect.any(String) })]],
  ["link", {}, { person: "Ada", fragment: "/#link=<token>", expiresAt: expect.stringMatching(/^2026-11-22T12:10:00/) }],
  ["link", { person: "Bob" }, { person: "Bob", fragment: "/#link=<token>", expiresAt: expect.stringMatching(/^2026-11-22T12:10:00/) }],
  ["key create", { name: "laptop" }, { id: "<id>", key: "<key>", person: "Ada", scopes: ["chat"] }],
  ["key create", { name: "both", person: "Ada", scopes: "chat, admin" }, { id: "<id>", key: "<key>", person: "Ada", scopes: ["chat", "admin"] }],
  ["key revoke", { key: "laptop" }, { key: "laptop" }],
  ["session list", {}, []],
  ["session list", { person: "Bob" }, []],
  ["session end", { person: "Bob" }, { ended: 0 }],
  ["model show", {}, { provider: "demo" }],
  ["model set", vendor, { ...vendor, apiKey: "(stored)" }],
  ["model show", {}, { ...vendor, apiKey: "(stored)" }],
  ["model set", { provider: "demo" }, { provider: "demo" }],
  ["usage", { person: "Bob" }, []],
  ["settings show", {}, { tokensPerDay: 200_000, requestsPerMinute: 20, contextTokens: 16_000, maxOutputTokens: 4_096, idleMinutes: 480, absoluteHours: 168 }],
  ["audit verify", {}, { records: expect.any(Number), head: "<hash>", outside: expect.any(String) }],
  ["audit show", { last: 3 }, [expect.objectContaining({ action: "settings.read" }), expect.objectContaining({ action: "audit.read" }), expect.objectContaining({ action: "audit.read" })]],
  ["key list", {}, expect.arrayContaining([expect.objectContaining({ name: "laptop", revokedAt: expect.any(Number) })])],
];

const ways = [["here", here], ["over HTTP", elsewhere]] as const;

describe.each(ways)("the commands, run %s", (_name, begin) => {
  it("give these results, one after the other, and leave a record each", async () => {
    const { t, run } = await begin();
    for (const [name, input, result] of script) {
      t.clock.advance(1);
      const before = await auditLength(t);
      const output = await run(name, input);
      expect({ name, output: masked(output) }).toMatchObject({ name, output: result });
      expect({ name, records: (await auditSince(t, before)).length }).toEqual({ name, records: name === "session end" ? 0 : 1 });
    }
    expect(new Set(script.map(([name]) => name))).toEqual(new Set(commands.map(({ name }) => name)));
  });

  it("never give the provider's key again, in a result, the audit log or the store", async () => {
    const { t, run } = await begin();
    const outputs = [await run("model set", vendor), await run("model show", {}), await run("audit show", { last: 100 }), await run("settings show", {})];
    const stored = JSON.stringify([await storeSnapshot(t), await t.services.foundation.ledger.page(0, 100)], (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value));
    expect(JSON.stringify(outputs) + stored + t.lines.join("")).not.toContain("planted");
    expect(await t.services.chosenModel.settings()).toEqual(vendor);
  });
});

describe("a command that fails", () => {
  let both: readonly Way[];
  beforeEach(async () => {
    both = [await here(), await elsewhere()];
    for (const { t } of both) await t.addPerson("Bob", "member");
  });

  it.each([
    ["people add", { name: "Ada" }, "conflict"],
    ["people role", { person: "Ada", role: "member" }, "conflict"],
    ["people disable", { person: "Ada" }, "conflict"],
    ["people disable", { person: "Nobody" }, "unknown_person"],
    ["link", { person: "Nobody" }, "unknown_person"],
    ["key create", { name: "x", person: "Nobody" }, "unknown_person"],
    ["key revoke", { key: "Nobody's" }, "unknown_key"],
    ["session end", { person: "Bob", id: crypto.randomUUID() }, "unknown_session"],
    ["session list", { person: "Nobody" }, "unknown_person"],
    ["usage", { person: "Nobody" }, "unknown_person"],
  ])("changes nothing: %s %o", async (name, input, reason) => {
    for (const { t, run } of both) {
      const [before, records] = [undated(await storeSnapshot(t)), await auditLength(t)];
      const outcome: unknown = await run(name, input).catch((error: unknown) => error);
      expect(outcome).toMatchObject({ reason });
      expect(undated(await storeSnapshot(t))).toEqual(before);
      expect((await auditSince(t, records)).filter(({ outcome: ended }) => ended !== "refused")).toEqual([]);
    }
  });

  it.each([
    ["people add", {}, "name: Invalid input: expected string, received undefined"],
    ["people add", { name: "  " }, "name: Too small: expected string to have >=1 characters"],
    ["people add", { name: "A\u202eda" }, "name: must not hold control characters"],
    ["people add", { name: "Eve", role: "root" }, 'role: Invalid option: expected one of "owner"|"member"'],
    ["people add", { name: "Eve", id: "mine" }, 'the body: Unrecognized key: "id"'],
    ["people role", { person: "Bob" }, 'role: Invalid option: expected one of "owner"|"member"'],
    ["key create", { name: "x", scopes: "chat,root" }, 'scopes.1: Invalid option: expected one of "chat"|"admin"'],
    ["key create", { name: "x", scopes: "" }, 'scopes.0: Invalid option: expected one of "chat"|"admin"'],
    ["key create", { name: "x", scopes: ["admin"] }, "scopes: Invalid input: expected string, received array"],
    ["model set", { provider: "openai" }, 'provider: must be "demo" or "openai-compatible"'],
    ["model set", { ...vendor, baseUrl: "http://api.example.eu/v1" }, "baseUrl: must begin with https:// unless the host is on this machine or its local network"],
    ["model set", { ...vendor, baseUrl: `https://x:${SECRET}@api.example.eu/` }, "baseUrl: must not hold a user name or password; the key has its own setting"],
    ["model set", { ...vendor, apiKey: `${SECRET} ` }, "apiKey: must be printable ASCII without spaces"],
    ["audit show", { last: 0 }, "last: Too small: expected number to be >=1"],
    ["people list", { all: true }, 'the body: Unrecognized key: "all"'],
  ])("for its input changes nothing and repeats no secret: %s %o", async (name, input, detail) => {
    const { t, run } = await elsewhere();
    const before = [undated(await storeSnapshot(t)), await auditLength(t)];
    expect(await run(name, input)).toEqual({ type: "urn:holdfast:problem:malformed", title: "the request is not understood", status: 400, reason: "malformed", detail });
    expect([undated(await storeSnapshot(t)), await auditLength(t)]).toEqual(before);
  });

  /** A key that is used is dated; that is no doing of the command's. */
  function undated({ api_keys: keys = [], ...tables }: Awaited<ReturnType<typeof storeSnapshot>>) {
    return { ...tables, keys: keys.map(({ last_used_at: _last, ...row }) => row) };
  }
});

describe("the model", () => {
  it("cannot be set when the environment declares it, and the environment's key is not shown", async () => {
    const t = await createTestApp({ env: { HOLDFAST_MODEL_PROVIDER: "openai-compatible", HOLDFAST_MODEL_NAME: "declared", HOLDFAST_MODEL_BASE_URL: "https://api.example.eu/v1", HOLDFAST_MODEL_API_KEY: SECRET } });
    await expect(runHere(t, "model set", { provider: "demo" })).rejects.toMatchObject({ reason: "conflict", details: { detail: "the environment declares the model, and nothing overrides that" } });
    expect(await runHere(t, "model show", {})).toEqual({ provider: "openai-compatible", name: "declared", baseUrl: "https://api.example.eu/v1", apiKey: "(stored)" });
  });
});
