import { afterEach, describe, expect, it, vi } from "vitest";
import { openNodeStore } from "../../runtime/store/node-sqlite.ts";
import { createTestApp } from "../support/test-app.ts";
import { chatter, liveEvents, nextEvent } from "./support/chatter.ts";
import { endsTurn, failingStore, full } from "./support/failing-store.ts";

afterEach(() => void vi.useRealTimers());

async function setUp() {
  const store = failingStore(openNodeStore(":memory:"));
  const app = await createTestApp({ store });
  return { store, app, ada: await chatter(app) };
}

describe("a disk that is full", () => {
  it("before the answer refuses the message, which is nowhere, and never asks the model", async () => {
    const { store, app, ada } = await setUp();
    store.before = (operation) => {
      if (operation === "write") throw full();
    };
    const refused = await ada.ask({ text: "Hello" });
    store.before = () => undefined;

    expect(refused.problem).toEqual({ type: "urn:holdfast:problem:storage_full", title: "the disk is full", status: 507, reason: "storage_full", detail: "nothing of this request was stored", fix: "free some space on the server's disk", retryAfter: 60 });
    expect((await ada.get("/api/conversations")).body).toEqual({ conversations: [] });
    expect(app.model.requests).toEqual([]);
  });

  it("at the end of an answer keeps it in memory, tells the person, and stores it when there is room", async () => {
    const { store, ada } = await setUp();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let attempts = 0;
    store.before = (operation, statements) => {
      if (operation === "write" && endsTurn(statements) && (attempts += 1) <= 3) throw full();
    };

    const { turn, conversation, text, end } = await ada.ask({ text: "Hello" });
    const during = [await ada.resume(turn), await ada.turns(conversation)];
    // Between two attempts the answer is sealed again, on threads that no fake clock moves.
    await expect.poll(async () => (await vi.advanceTimersByTimeAsync(2000), attempts)).toBe(4);

    expect([text, end]).toEqual([
      "You said: Hello",
      {
        state: "interrupted",
        problem: { reason: "storage_full", title: "the disk is full", detail: "the answer could not be stored yet; it will be, once there is room", fix: "free some space on the server's disk, and keep a copy of the answer until then" },
        usage: { inputTokens: 10, outputTokens: 5 },
      },
    ]);
    expect(during).toMatchObject([{ text: "You said: Hello", end: { state: "interrupted" } }, [{ ask: "Hello", state: "running" }]]);
    await expect.poll(async () => ada.turns(conversation)).toMatchObject([{ ask: "Hello", answer: "You said: Hello", state: "complete", usage: { inputTokens: 10, outputTokens: 5 } }]);
  });

  it("lets the next message of the conversation wait until the answer is stored", async () => {
    const { store, app, ada } = await setUp();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let room = false;
    store.before = (operation, statements) => {
      if (operation === "write" && endsTurn(statements) && !room) throw full();
    };
    const { conversation } = await ada.ask({ text: "One" });
    const next = ada.send({ conversation, text: "Two" });
    await vi.advanceTimersByTimeAsync(4000);
    const asked = app.model.requests.length;
    room = true;
    await vi.advanceTimersByTimeAsync(2000);
    await nextEvent(liveEvents(await next), "end");

    expect(asked).toBe(1);
    expect(app.model.requests[1]?.messages).toEqual([{ role: "user", text: "One" }, { role: "assistant", text: "You said: One" }, { role: "user", text: "Two" }]);
  });

  it("does not keep the server from stopping: a turn that cannot be stored is given up, and is interrupted at the next start", async () => {
    const { store, app, ada } = await setUp();
    store.before = (operation, statements) => {
      if (operation === "write" && endsTurn(statements)) throw full();
    };
    const { conversation } = await ada.ask({ text: "One" });

    await app.app.path.drain(10);
    store.before = () => undefined;

    expect(app.lines.filter((line) => line.includes("a turn failed"))).toHaveLength(1);
    expect(await ada.turns(conversation)).toMatchObject([{ ask: "One", state: "running" }]);
  });
});
