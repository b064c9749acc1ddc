import { afterEach, describe, expect, it, vi } from "vitest";
import { StoreError } from "../../runtime/store/errors.ts";
import { openNodeStore } from "../../runtime/store/node-sqlite.ts";
import { migrate } from "../../runtime/store/schema.ts";
import type { Store } from "../../runtime/ports.ts";
import { readEvents } from "../support/events.ts";
import { createTestApp } from "../support/test-app.ts";

/** As many pages as the store has now, and no more; or room again. */
async function fill(store: Store, full: boolean): Promise<void> {
  const [[pages] = []] = await store.read([{ sql: "PRAGMA page_count", params: [] }]);
  await store.read([{ sql: `PRAGMA max_page_count = ${full ? Number(pages?.["page_count"]) : 1_000_000}`, params: [] }]);
}

const long = "x".repeat(20_000);

afterEach(() => {
  vi.useRealTimers();
});

describe("a full store", () => {
  it("says so, keeps nothing of the batch, and takes the next one once there is room", async () => {
    const store = openNodeStore(":memory:");
    await migrate(store);
    await fill(store, true);
    const person = (id: string, bytes: number) => ({ sql: "INSERT INTO people (id, created_at, sealed) VALUES (?, 0, ?)", params: [id, new Uint8Array(bytes)] });
    const error: unknown = await store.write([person("small", 1), person("large", 20_000)]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ reason: "full" });
    expect(await store.read([{ sql: "SELECT id FROM people", params: [] }])).toEqual([[]]);
    await fill(store, false);
    expect(await store.write([person("large", 20_000)])).toEqual([1]);
  });

  it("refuses a message in words, and asks nobody", async () => {
    const { store, addPerson, signIn, post, model } = await createTestApp();
    const browser = await signIn(await addPerson("Ada"));
    await fill(store, true);
    const response = await post("/api/messages", { update: "u1", text: long }, browser);
    expect(response.status).toBe(507);
    expect(await response.json()).toMatchObject({ reason: "storage_full", detail: "nothing of this request was stored", retryAfter: 60 });
    expect(model.requests).toEqual([]);

    await fill(store, false);
    const events = await readEvents(await post("/api/messages", { update: "u1", text: long }, browser));
    expect(events.at(-1)?.data["state"]).toBe("complete");
  });

  it("keeps an answer in memory until there is room, and stores it then", async () => {
    const { store, addPerson, signIn, post, fetch, model } = await createTestApp();
    const browser = await signIn(await addPerson("Ada"));
    let answer: () => void = () => undefined;
    model.script.push([new Promise<void>((resolve) => { answer = resolve; }), long]);
    const response = await post("/api/messages", { update: "u1", text: "Hello" }, browser);
    await fill(store, true);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    answer();
    const events = await readEvents(response);
    expect(events.at(-1)?.data).toMatchObject({ state: "interrupted", problem: { reason: "storage_full" } });

    await fill(store, false);
    await vi.advanceTimersByTimeAsync(2_000);
    const { conversation } = events[0]?.data ?? {};
    await vi.waitFor(async () => {
      const page = await (await fetch(`/api/conversations/${String(conversation)}`, { headers: browser })).json();
      expect(page).toMatchObject({ turns: [{ ask: "Hello", answer: long, state: "complete" }] });
    });
  });
});
