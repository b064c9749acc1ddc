import { describe, expect, it } from "vitest";
import { openNodeStore } from "../../runtime/store/node-sqlite.ts";
import { migrate } from "../../runtime/store/schema.ts";
import { readEvents } from "../support/events.ts";
import { createTestApp } from "../support/test-app.ts";
import { countingStore } from "./counting-store.ts";

async function turn(headersOf: "signIn" | "key") {
  const store = countingStore(openNodeStore(":memory:"));
  await migrate(store);
  const test = await createTestApp({ store });
  const headers = await test[headersOf](await test.addPerson("Ada"));
  const first = await readEvents(await test.post("/api/messages", { update: "u1", text: "Hello" }, headers));
  const conversation = first[0]?.data["conversation"];
  return {
    ...test,
    async count() {
      store.reads.length = store.writes.length = 0;
      const events = await readEvents(await test.post("/api/messages", { update: crypto.randomUUID(), text: "Again", conversation }, headers));
      expect(events.at(-1)?.data["state"]).toBe("complete");
      return { reads: store.reads.length, writes: store.writes.length };
    },
  };
}

describe("a message over HTTP", () => {
  it("costs two write batches: the question with its audit record, and the answer with its own", async () => {
    const { count } = await turn("signIn");
    // session, person, update, and everything for the window at once
    expect(await count()).toEqual({ reads: 4, writes: 2 });
  });

  it("costs three when the session was last seen more than a minute ago", async () => {
    const { count, clock } = await turn("signIn");
    clock.advance(60_001);
    expect(await count()).toEqual({ reads: 4, writes: 3 });
    expect(await count()).toEqual({ reads: 4, writes: 2 });
  });

  it("costs the same with an API key", async () => {
    const { count, clock } = await turn("key");
    expect(await count()).toEqual({ reads: 4, writes: 2 });
    clock.advance(60_001);
    expect(await count()).toEqual({ reads: 4, writes: 3 });
  });
});
