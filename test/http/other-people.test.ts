/** An owner never sees other people's conversations: every route that reads, with every id that there is. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Person } from "../../runtime/ports.ts";
import { createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";
import { accessTable } from "./support/access-table.ts";
import { createPageApp } from "./support/page-app.ts";
import { storeSnapshot } from "./support/store-snapshot.ts";

const CANARY = "canary-of-bob";

let t: TestApp;
let bob: Person;
let everyId: string[];
let asAda: Record<string, string>[];
let bobsTurn: string;
let bobsConversation: string;

beforeAll(async () => {
  t = await createTestApp();
  const ada = await t.addPerson("Ada", "owner");
  bob = await t.addPerson("Bob", "member");
  const answered = await t.app.path.submit(bob, { channel: "web", update: "u1", ask: { type: "message", text: `${CANARY} asks` } });
  await Array.fromAsync(answered.events());
  // Another turn of Bob's is being answered while Ada looks.
  t.model.script.push([`${CANARY} half an answer`, new Promise(() => undefined)]);
  const running = await t.app.path.submit(bob, { channel: "web", update: "u2", ask: { type: "message", text: `${CANARY} asks again` } });
  [bobsTurn, bobsConversation] = [running.turn, running.conversation?.id ?? ""];
  await t.signIn(bob);
  await t.key(bob);
  const rows = Object.values(await storeSnapshot(t)).flat();
  everyId = [...new Set(rows.flatMap((row) => Object.entries(row).flatMap(([name, value]) => (/(^|_)(id|hash)$/.test(name) && typeof value === "string" ? [value] : []))))];
  asAda = [await t.signIn(ada), await t.key(ada, "chat", "admin")];
});

const readRoutes = Object.keys(accessTable).filter((route) => route.startsWith("GET ") || /\/(stop|list|show|usage|verify)$/.test(route));

describe("an owner", () => {
  it("has ids of conversations, turns, people, sessions, keys and links to try", () => {
    expect(everyId).toEqual(expect.arrayContaining([bob.id, bobsTurn, bobsConversation]));
    expect(everyId.length).toBeGreaterThanOrEqual(8);
  });

  it.each(readRoutes)("finds nothing of another person's words at %s, whatever id is in the address, the query or the body", async (route) => {
    const [method = "", pattern = ""] = route.split(" ");
    for (const headers of asAda) {
      for (const id of everyId) {
        const path = pattern.replace(/:id(\{.+\})?/, encodeURIComponent(id));
        const reply = method === "GET" ? await t.fetch(`${path}?before=9999999999999.${id}`, { headers }) : await t.post(path, { person: id }, headers);
        const again = method === "GET" ? await t.fetch(path, { headers }) : await t.post(path, {}, headers);
        for (const text of [await reply.text(), await again.text()]) expect(text).not.toContain(CANARY);
      }
    }
  });

  it.each([
    ["GET", () => `/api/conversations/${bobsConversation}`, "unknown_conversation"],
    ["GET", () => `/api/turns/${bobsTurn}/events`, "unknown_turn"],
    ["GET", () => `/api/turns/${bobsTurn}/sent`, "unknown_turn"],
    ["POST", () => `/api/turns/${bobsTurn}/stop`, "unknown_turn"],
  ])("is told the same of another person's id as of one that never was: %s %s", async (method, path, reason) => {
    const reply = await (await t.fetch(path(), { method, headers: asAda[0] ?? {} })).json();
    const none = await (await t.fetch(path().replace(/[0-9a-f-]{36}/, crypto.randomUUID()), { method, headers: asAda[0] ?? {} })).json();
    expect(reply).toMatchObject({ status: 404, reason });
    expect(reply).toEqual(none);
  });

  it("cannot write into another person's conversation, ask it again, or stop its answer", async () => {
    const before = await storeSnapshot(t);
    const [browser = {}] = asAda;
    for (const body of [{ update: "x1", conversation: bobsConversation, text: "Hello" }, { update: "x2", conversation: bobsConversation, retry: bobsTurn }]) {
      t.clock.advance(30_000);
      const sent = t.post("/api/messages", body, browser);
      // It waits in line behind the running turn, like anybody's; ended here, so that the test need not wait.
      const reply = await Promise.race([sent, endBobsTurn().then(() => sent)]);
      expect(await reply.json()).toMatchObject({ reason: "unknown_conversation" });
    }
    const after = await storeSnapshot(t);
    expect(after["messages"]?.filter((row) => row["role"] === "user")).toEqual(before["messages"]?.filter((row) => row["role"] === "user"));
    expect(after["inbox"]).toEqual(before["inbox"]);
  });

  it("gets none of it from the page or the health of the server either", async () => {
    for (const path of ["/", "/healthz"]) expect(await (await createPageApp(t).request(`http://127.0.0.1:4747${path}`, { headers: asAda[0] ?? {} })).text()).not.toContain(CANARY);
  });
});

async function endBobsTurn(): Promise<void> {
  await t.app.path.stop(bob, bobsTurn);
}
