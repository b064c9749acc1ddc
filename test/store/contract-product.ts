/** What the product does with a store, whole: the audit log, people and their ways in, and turns. The same on every driver. */
import { describe, expect, it } from "vitest";
import { createLedger } from "../../runtime/audit/ledger.ts";
import { listConversations, showConversation } from "../../runtime/chat/conversations.ts";
import type { Inbound, Submission, TurnEvent } from "../../runtime/chat/inbound.ts";
import { createMessagePath } from "../../runtime/chat/message-path.ts";
import type { MessagePath } from "../../runtime/chat/message-path.ts";
import { recoverTurns } from "../../runtime/chat/recover.ts";
import { showSent } from "../../runtime/chat/sent.ts";
import { usageToday } from "../../runtime/chat/usage.ts";
import { createKeyRing, openKeyRing } from "../../runtime/crypto/key-ring.ts";
import type { Person } from "../../runtime/ports.ts";
import { createServices } from "../../runtime/services.ts";
import { readSettings } from "../../runtime/settings.ts";
import { migrate } from "../../runtime/store/schema.ts";
import { testClock } from "../support/clock.ts";
import { memoryHeads } from "../support/memory-heads.ts";
import { memoryBlobs } from "../support/memory-blobs.ts";
import { scriptedModel } from "../support/scripted-model.ts";
import { countingStore } from "./counting-store.ts";
import type { Driver } from "./driver.ts";

const by = { who: "", surface: "system" } as const;

async function openProduct({ open }: Driver, env: Record<string, string> = {}) {
  const { store: plain, other } = await open();
  const store = countingStore(plain);
  const [clock, model] = [testClock(), scriptedModel()];
  const ring = await openKeyRing(await createKeyRing(new Date(clock.now())));
  await migrate(store);
  const settings = readSettings(env);
  const services = createServices({ store, keyStore: memoryBlobs(), ring, heads: memoryHeads(), clock, settings, fetch: () => Promise.reject(new Error("no network in this test")) });
  const { foundation } = services;
  const errors: unknown[] = [];
  const path = createMessagePath({ foundation, settings: settings.chat, currentModel: async () => model, report: (error) => errors.push(error) });
  return { ...services, store, other, clock, model, ring, path, errors, ada: await services.people.add("Ada", "owner", by) };
}

function message(update: string, text: string, conversation?: string): Inbound {
  return { channel: "web", update, ask: { type: "message", text, ...(conversation === undefined ? {} : { conversation }) } };
}

/** Submits and reads to the end. */
async function take(path: MessagePath, person: Person, inbound: Inbound): Promise<Submission & { readonly seen: TurnEvent[] }> {
  const submission = await path.submit(person, inbound);
  const seen: TurnEvent[] = [];
  for await (const event of submission.events()) seen.push(event);
  return { ...submission, seen };
}

export function productContract(driver: Driver): void {
  describe(`the product on ${driver.name}`, () => {
    it("chains an audit log that verifies, also when two ledgers write a burst at once", async () => {
      const { store, other, ring, clock, foundation } = await openProduct(driver);
      const second = createLedger(other, ring, clock);
      await Promise.all(Array.from({ length: 120 }, (_, index) => (index % 2 === 0 ? foundation.ledger : second).commit([], { ...by, action: "audit.read", outcome: "ok", target: `record ${index}` })));
      const verdict = await second.verify();
      const head = await foundation.ledger.head();
      expect(verdict).toEqual({ intact: true, head: { seq: 121, hash: head?.hash } });
      const [rows = []] = await store.read([{ sql: "SELECT record ->> 'target' AS target FROM audit WHERE seq > 1", params: [] }]);
      expect(new Set(rows.map(({ target }) => target))).toEqual(new Set(Array.from({ length: 120 }, (_, index) => `record ${index}`)));
    });

    it("changes nothing when a constraint refuses part of a commit, and the next one follows on", async () => {
      const { foundation } = await openProduct(driver);
      const bad = { sql: "INSERT INTO people (id, created_at, sealed) SELECT id, created_at, sealed FROM people", params: [] };
      await expect(foundation.ledger.commit([bad], { ...by, action: "person.added", outcome: "ok" })).rejects.toMatchObject({ constraint: "other" });
      await foundation.ledger.commit([], { ...by, action: "audit.read", outcome: "ok" });
      expect(await foundation.ledger.verify()).toMatchObject({ intact: true, head: { seq: 2 } });
    });

    it("keeps people, and signs them in by links, sessions and keys", async () => {
      const { people, links, sessions, apiKeys, clock, ada } = await openProduct(driver);
      const bob = await people.add("Bob", "member", by);
      const changed = await people.change(bob.id, { role: "owner", disabled: true }, by);
      expect(changed).toEqual({ ...bob, role: "owner", disabledAt: clock.now(), change: 3 });
      expect(await people.list()).toEqual(expect.arrayContaining([ada, changed]));

      const { token } = await links.create(ada.id, by);
      const link = await links.check(token);
      const session = await sessions.create(link, "a browser");
      await expect(sessions.create(link, "another")).rejects.toMatchObject({ reason: "link_invalid" });
      expect(await sessions.authenticate(session.token)).toMatchObject({ person: ada.id, session: { device: "a browser", expiresAt: session.expiresAt } });
      const [open] = await sessions.list(ada.id);
      await sessions.end(ada.id, open?.id ?? "", by);
      expect(await sessions.authenticate(session.token)).toBeUndefined();

      const { key } = await apiKeys.create(ada.id, "laptop", ["chat"], by);
      expect(await apiKeys.authenticate(key)).toMatchObject({ person: ada.id, name: "laptop", scopes: ["chat"], revokedAt: undefined });
      await apiKeys.revoke("laptop", by);
      expect(await apiKeys.authenticate(key)).toBeUndefined();
    });

    it("takes a whole conversation: asked, answered, asked again, shown, listed, and counted", async () => {
      const { path, foundation, model, ada, errors } = await openProduct(driver);
      model.script.push(["Hi ", "Ada"], ["Four"], ["4"]);
      const first = await take(path, ada, message("u1", "Hello"));
      const id = first.conversation?.id ?? "";
      expect(first.seen.at(-1)).toEqual({ type: "end", end: { state: "complete", usage: { inputTokens: 10, outputTokens: 5 } } });
      const second = await take(path, ada, message("u2", "2 + 2?", id));
      const third = await take(path, ada, { channel: "web", update: "u3", ask: { type: "retry", conversation: id, turn: second.turn } });

      const shown = await showConversation(foundation, ada, id);
      expect(shown.conversation).toMatchObject({ id, title: "Hello", messages: 5 });
      expect(shown.items).toMatchObject([
        { id: first.turn, ask: "Hello", answer: "Hi Ada", state: "complete" },
        { id: second.turn, ask: "2 + 2?", answer: "Four", state: "complete" },
        { id: third.turn, ask: "2 + 2?", answer: "4", state: "complete", retryOf: second.turn },
      ]);
      expect((await listConversations(foundation, ada)).items.map(({ title }) => title)).toEqual(["Hello"]);
      const sent = [{ role: "user", text: "Hello" }, { role: "assistant", text: "Hi Ada" }, { role: "user", text: "2 + 2?" }];
      expect((await showSent(foundation, ada, third.turn)).messages).toEqual(sent);
      expect(model.requests.at(-1)?.messages).toEqual(sent);
      expect(await usageToday(foundation, ada.id)).toEqual({ day: "2026-11-22", requests: 3, inputTokens: 30, outputTokens: 15 });
      expect(await foundation.ledger.verify()).toMatchObject({ intact: true, head: { seq: 7 } });
      expect(errors).toEqual([]);
    });

    it("handles an update once, whoever comes first", async () => {
      const { path, model, ada } = await openProduct(driver);
      const taken = await Promise.all(Array.from({ length: 4 }, () => take(path, ada, message("same", "Hello"))));
      expect(new Set(taken.map(({ turn }) => turn)).size).toBe(1);
      expect(model.requests).toHaveLength(1);
    });

    it.each([
      ["rate_limit", { HOLDFAST_REQUESTS_PER_MINUTE: "1" }],
      ["daily_limit", { HOLDFAST_TOKENS_PER_DAY: "150", HOLDFAST_MAX_OUTPUT_TOKENS: "1000" }],
    ])("refuses with %s what the schema's constraints refuse", async (reason, env) => {
      const { path, ada, model } = await openProduct(driver, env);
      let open: () => void = () => undefined;
      model.script.push([new Promise<void>((resolve) => { open = resolve; }), "done"]);
      const first = await path.submit(ada, message("u1", "Hello"));
      await expect(path.submit(ada, message("u2", "Hello"))).rejects.toMatchObject({ reason });
      open();
      for await (const event of first.events()) void event;
      expect(model.requests).toHaveLength(1);
    });

    it("marks what a crash left running as interrupted, and gives its reservation back", async () => {
      const { path, foundation, model, ada, store } = await openProduct(driver);
      model.script.push([new Promise(() => undefined)]);
      const { turn, conversation } = await path.submit(ada, message("u1", "Hello"));
      expect(await recoverTurns(foundation)).toBe(1);
      expect((await showConversation(foundation, ada, conversation?.id ?? "")).items).toMatchObject([{ id: turn, state: "interrupted", problem: { reason: "crashed" } }]);
      expect(await store.read([{ sql: "SELECT reserved, output_tokens FROM usage_days", params: [] }])).toEqual([[{ reserved: 0, output_tokens: 0 }]]);
    });

    it("needs two write batches and two read round trips for a turn", async () => {
      const { path, ada, store } = await openProduct(driver);
      const { conversation } = await take(path, ada, message("u1", "Hello"));
      store.reads.length = store.writes.length = 0;
      await take(path, ada, message("u2", "Again", conversation?.id));
      expect(store.writes.map((batch) => batch.length)).toEqual([11, 5]);
      expect(store.reads.map((batch) => batch.length)).toEqual([1, 4]);
    });

    it("keeps every statement within a hundred parameters", async () => {
      const { path, ada, store, foundation } = await openProduct(driver, { HOLDFAST_REQUESTS_PER_MINUTE: "100" });
      const { conversation } = await take(path, ada, message("u0", "Hello"));
      for (let n = 1; n < 60; n += 1) await take(path, ada, message(`u${n}`, "And then?", conversation?.id));
      await showConversation(foundation, ada, conversation?.id ?? "");
      const most = [...store.reads, ...store.writes].flat().map(({ params }) => params.length);
      expect(Math.max(...most)).toBeLessThanOrEqual(100);
    });
  });
}
