/** Every route × every credential × every state of the account, from the routes that the app itself has. */
import { beforeAll, describe, expect, it } from "vitest";
import type { App } from "../../runtime/app.ts";
import type { Person } from "../../runtime/ports.ts";
import { Problem } from "../../runtime/problems.ts";
import { ORIGIN, createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";
import { credentials } from "./support/access-credentials.ts";
import type { Credential, Headers, Outcome } from "./support/access-credentials.ts";
import { accessTable } from "./support/access-table.ts";
import type { AccessRow, Ground } from "./support/access-table.ts";
import { createPageApp } from "./support/page-app.ts";
import { auditLength, auditSince, storeSnapshot } from "./support/store-snapshot.ts";

const HOUR = 3_600_000;
const by = { who: "", surface: "system" } as const;

type State = "enabled" | "disabled";

/** One app for each credential and state; each cell makes its own person and credential in it. */
interface Stage {
  readonly t: TestApp;
  readonly app: App;
  n: number;
}

async function openStage(): Promise<Stage> {
  const t = await createTestApp();
  await t.addPerson("The owner who stays");
  return { t, app: createPageApp(t), n: 0 };
}

async function prepare({ t, app, n }: Stage, credential: Credential, state: State) {
  // What the cell before it failed at is forgotten, so that no cell is slowed by another.
  t.clock.advance(2 * HOUR);
  const person = await t.addPerson(`Person ${n}`, credential.role);
  const victim = (await t.addPerson(`Victim ${n}`, "member")).id;
  const ground: Ground = { person, n, victim, ...(await beginConversation(app, person, n)) };
  const headers = await credential.make(t, person);
  await credential.spoil?.(t, person, headers);
  if (state === "disabled") await t.services.people.change(person.id, { disabled: true }, by);
  return { ground, headers };
}

async function beginConversation(app: App, person: Person, n: number) {
  const submission = await app.path.submit(person, { channel: "web", update: `ground-${n}`, ask: { type: "message", text: "the person's own words" } });
  await Array.fromAsync(submission.events());
  return { conversation: submission.conversation?.id ?? "", turn: submission.turn };
}

async function ask({ t, app }: Stage, route: string, { path, body }: AccessRow, ground: Ground) {
  const [method = "", pattern = ""] = route.split(" ");
  const url = ORIGIN + (path ? await path(ground, t) : pattern);
  const content = body && JSON.stringify(await body(ground, t));
  return (headers: Headers) =>
    app.request(url, { method, headers: { host: new URL(ORIGIN).host, origin: ORIGIN, ...(content === undefined ? {} : { "content-type": "application/json" }), ...headers }, ...(content === undefined ? {} : { body: content }) });
}

function expected({ rule }: AccessRow, { outcome, recognised }: Credential, state: State): Outcome | "person_disabled" {
  if (rule === "public") return "ok";
  return state === "disabled" && recognised ? "person_disabled" : outcome[rule];
}

function auditOf(outcome: Exclude<ReturnType<typeof expected>, "ok">, person: string, headers: Headers) {
  if (outcome === "sign_in_needed") return [];
  const surface = headers["authorization"] === undefined ? "web" : "api";
  if (outcome === "not_allowed") return [{ who: person, surface, action: "request", outcome: "refused", reason: outcome }];
  return [{ who: "", surface, action: outcome === "key_invalid" ? "sign-in" : "request", outcome: "refused", reason: outcome }];
}

const cells = credentials.flatMap((credential) => (["enabled", "disabled"] as const).map((state) => ({ credential, state, name: credential.name })));

describe.each(cells)("$name, of an account that is $state", ({ credential, state }) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });

  it.each(Object.entries(accessTable))("%s", async (route, row) => {
    stage.n += 1;
    const { ground, headers } = await prepare(stage, credential, state);
    const { t } = stage;
    const send = await ask(stage, route, row, ground);
    // Being used is written down once a minute; after this it is not what changes the store.
    await t.fetch("/api/me", { headers });
    const [before, records, asked] = [await storeSnapshot(t), await auditLength(t), t.model.requests.length];

    const response = await send(headers);
    const body = await response.text();

    const outcome = expected(row, credential, state);
    if (outcome === "ok") return expect({ status: response.status, body }).toEqual({ status: row.ok, body: row.ok === 204 ? "" : expect.stringMatching(/./) });
    const status = new Problem(outcome, { detail: "" }).status;
    expect(response.status).toBe(status);
    expect(JSON.parse(body)).toMatchObject(route.includes("/v1/") ? { error: { code: outcome } } : { status, reason: outcome });
    expect(body).not.toContain("the person's own words");
    expect(await storeSnapshot(t)).toEqual(before);
    expect(await auditSince(t, records)).toEqual(auditOf(outcome, ground.person.id, headers));
    expect(t.model.requests.length).toBe(asked);
  });
});

it("has a row for every route of the app, and none for a route that is gone", async () => {
  const { app } = await openStage();
  const routes = new Set(app.routes.map(({ method, path }) => `${method} ${path}`));
  expect(Object.keys(accessTable).toSorted()).toEqual([...routes].filter((route) => route !== "ALL /*").toSorted());
});
