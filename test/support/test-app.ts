/** The whole app in this process, on a store in memory, with a clock and a model that the test holds. */
import { keepHead } from "../../runtime/audit/outside-head.ts";
import { createApp } from "../../runtime/app.ts";
import type { App } from "../../runtime/app.ts";
import { createKeyRing, openKeyRing } from "../../runtime/crypto/key-ring.ts";
import type { KeyRing } from "../../runtime/crypto/key-ring.ts";
import { createLog } from "../../runtime/log.ts";
import type { Scope } from "../../runtime/identity/api-keys.ts";
import type { Egress, Person, Store } from "../../runtime/ports.ts";
import { createServices } from "../../runtime/services.ts";
import type { Services } from "../../runtime/services.ts";
import { readSettings } from "../../runtime/settings.ts";
import { openNodeStore } from "../../runtime/store/node-sqlite.ts";
import { migrate } from "../../runtime/store/schema.ts";
import { testClock } from "./clock.ts";
import { memoryHeads } from "./memory-heads.ts";
import { memoryBlobs } from "./memory-blobs.ts";
import { scriptedModel } from "./scripted-model.ts";
import type { ScriptedModel } from "./scripted-model.ts";

export const ORIGIN = "http://127.0.0.1:4747";
export const COOKIE = "holdfast-test";

export interface TestApp {
  readonly app: App;
  readonly services: Services;
  readonly store: Store;
  readonly keyStore: ReturnType<typeof memoryBlobs>;
  readonly ring: KeyRing;
  readonly heads: ReturnType<typeof memoryHeads>;
  readonly clock: ReturnType<typeof testClock>;
  readonly model: ScriptedModel;
  /** Lines of the log. */
  readonly lines: string[];
  addPerson(name: string, role?: Person["role"]): Promise<Person>;
  /** Headers of a browser that this person is signed in with. */
  signIn(person: Person): Promise<Record<string, string>>;
  /** Headers of a program of this person's. */
  key(person: Person, ...scopes: Scope[]): Promise<Record<string, string>>;
  /** A request as the page sends it: with the right Host and Origin. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
}

export interface TestAppArgs {
  readonly env?: Record<string, string>;
  /** @default - the one of `beside`, or a new one in memory */
  readonly store?: Store;
  /** Another process, or the next one, on the same store, keys and clock. @default - everything is new */
  readonly beside?: TestApp;
  /** Lets the app reach the network, and the model that the settings name answer. @default - the scripted model, and no network */
  readonly fetch?: Egress;
}

export async function createTestApp({ env = {}, beside, store = beside?.store ?? openNodeStore(":memory:"), fetch: egress }: TestAppArgs = {}): Promise<TestApp> {
  const [clock, keyStore, heads, model, lines] = [beside?.clock ?? testClock(), beside?.keyStore ?? memoryBlobs(), beside?.heads ?? memoryHeads(), scriptedModel(), [] as string[]];
  const ring = beside?.ring ?? (await openKeyRing(await createKeyRing(new Date(clock.now()))));
  if (!beside) await migrate(store);
  const made = createServices({ store, keyStore, ring, heads, clock, settings: readSettings(env), fetch: egress ?? (() => Promise.reject(new Error("no network in this test"))) });
  const services: Services = egress ? made : { ...made, chosenModel: { ...made.chosenModel, current: async () => model } };
  const app = createApp({
    services,
    assets: new Map(),
    log: createLog((line) => lines.push(line), clock.now),
    origins: () => [ORIGIN],
    source: () => "192.0.2.7",
    cookie: COOKIE,
    place: { place: "this machine", path: "/data" },
    version: "0.0.0-test",
  });
  const by = { who: "", surface: "system" } as const;

  async function fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return app.request(`${ORIGIN}${path}`, { ...init, headers: { host: new URL(ORIGIN).host, origin: ORIGIN, ...(init.headers as Record<string, string>) } });
  }

  return {
    app,
    services,
    store,
    keyStore,
    ring,
    heads,
    clock,
    model,
    lines,
    fetch,
    post: (path, body, headers = {}) => fetch(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } }),
    async addPerson(name, role = "owner") {
      const person = await services.people.add(name, role, by);
      await keepHead(services.foundation.ledger, heads, clock);
      return person;
    },
    async signIn(person) {
      const { token } = await services.links.create(person.id, by);
      const session = await services.sessions.create(await services.links.check(token), "a browser");
      return { cookie: `${COOKIE}=${session.token}` };
    },
    async key(person, ...scopes) {
      const { key } = await services.apiKeys.create(person.id, "a program", scopes.length > 0 ? scopes : ["chat"], by);
      return { authorization: `Bearer ${key}` };
    },
  };
}
