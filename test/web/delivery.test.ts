import { describe, expect, it, vi } from "vitest";
import { NEW } from "../../runtime/web/address.ts";
import type { Api, Reply } from "../../runtime/web/api.ts";
import type { Message, TurnEvent } from "../../runtime/web/contract.ts";
import { createDelivery, type Delivery } from "../../runtime/web/delivery.ts";
import { initialState, reduce, threadOf, type State } from "../../runtime/web/state.ts";
import { createStore } from "../../runtime/web/store.ts";

type Events = Reply<AsyncIterable<TurnEvent>>;

const model = { provider: "openai-compatible", name: "qwen3", host: "api.example.eu" } as const;
const turn = { type: "turn", id: "t1", conversation: "c1", title: "Hello", model } as const;
const text = (words: string) => ({ type: "text", text: words }) as const;
const end = { type: "end", state: "complete", problem: null } as const;
const away: Events = { ok: false, status: 0, problem: { reason: "unreachable", title: "the server cannot be reached", detail: "" } };
const refusal = (status: number, reason: string): Events => ({ ok: false, status, problem: { reason, title: reason, detail: "" } });

/** A connection that brings events and then ends, or breaks. */
function connection(events: readonly TurnEvent[], how: "ends" | "breaks" = "ends"): Events {
  async function* value() {
    yield* events;
    if (how === "breaks") throw new Error("the connection broke");
  }
  return { ok: true, value: value() };
}

/** Replies come in order, one for each connection; a function decides when it comes. */
function setUp(replies: (Events | Promise<Events>)[]) {
  const store = createStore(reduce, initialState({ kind: "chat", thread: NEW }, false));
  const sent: Message[] = [];
  const resumed: string[] = [];
  const pauses: number[] = [];
  const next = () => Promise.resolve(replies.shift() ?? Promise.reject(new Error("no more replies")));
  const api = {
    send: (message: Message) => (sent.push(message), next()),
    events: (id: string, after: number) => (resumed.push(`${id}@${after}`), next()),
    stop: vi.fn(() => Promise.resolve({ ok: true as const, value: undefined })),
  };
  let ids = 0;
  const delivery = createDelivery(api as Partial<Api> as Api, store, {
    now: () => 0,
    random: () => 0,
    uuid: () => `u${++ids}`,
    pause: (ms) => (pauses.push(ms), new Promise((resolve) => setTimeout(resolve, 1))),
  });
  return { store, sent, resumed, pauses, api, delivery };
}

async function settled(store: { state(): State }, thread = "c1") {
  await vi.waitFor(() => {
    const { live, outgoing, turns, setback } = threadOf(store.state(), thread);
    expect(live === undefined && outgoing === undefined && (turns.length > 0 || setback !== undefined)).toBe(true);
  });
  return threadOf(store.state(), thread);
}

describe("a message", () => {
  it("begins a conversation and gathers its answer", async () => {
    const { store, delivery, sent } = setUp([connection([turn, text("Good "), text("day"), end])]);
    delivery.send(NEW, "Hello");
    const thread = await settled(store);
    expect(sent).toEqual([{ update: "u1", text: "Hello" }]);
    expect(thread.turns[0]).toMatchObject({ id: "t1", ask: "Hello", answer: "Good day", state: "complete" });
    expect(store.state().view).toEqual({ kind: "chat", thread: "c1" });
  });

  it("is sent again with the same update until it gets through", async () => {
    const { store, delivery, sent, pauses } = setUp([away, refusal(502, "unexpected"), connection([], "breaks"), connection([turn, end])]);
    delivery.send("c1", "Hello");
    await settled(store);
    expect(sent).toEqual(Array.from({ length: 4 }, () => ({ update: "u1", text: "Hello", conversation: "c1" })));
    expect(pauses).toEqual([250, 500, 1000]);
  });

  it("that is refused is not sent again, and goes back to the draft", async () => {
    const { store, delivery, sent } = setUp([refusal(429, "daily_limit")]);
    delivery.send("c1", "Hello");
    const thread = await settled(store);
    expect(sent).toHaveLength(1);
    expect(thread).toMatchObject({ draft: "Hello", setback: { during: "send", problem: { reason: "daily_limit" } } });
  });

  it("is not sent any more once everything is closed, as at the end of a session", async () => {
    const { store, delivery, sent } = setUp([away, away, away]);
    delivery.send("c1", "Hello");
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    delivery.closeAll();
    store.dispatch({ type: "signed_out", by: "server" });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(sent).toHaveLength(1);
    expect(threadOf(store.state(), "c1")).toEqual({ turns: [], draft: "Hello" });
  });

  it("can be taken back while it does not get through", async () => {
    const { store, delivery } = setUp([away, new Promise<Events>(() => undefined)]);
    delivery.send("c1", "Hello");
    await vi.waitFor(() => expect(threadOf(store.state(), "c1").outgoing?.line.kind).toBe("lost"));
    delivery.takeBack("c1");
    expect(threadOf(store.state(), "c1")).toEqual({ turns: [], draft: "Hello" });
  });
});

describe("an answer", () => {
  it("goes on where a lost connection ended, counted in UTF-16 code units", async () => {
    const { store, delivery, resumed, sent } = setUp([connection([turn, text("🌿 grows")], "breaks"), away, refusal(503, "shutting_down"), connection([turn, text(" on"), end])]);
    delivery.send(NEW, "Hello");
    const thread = await settled(store);
    expect(sent).toHaveLength(1);
    expect(resumed).toEqual(["t1@8", "t1@8", "t1@8"]);
    expect(thread.turns[0]).toMatchObject({ answer: "🌿 grows on", state: "complete" });
  });

  it("is followed from its beginning when the page finds it running", async () => {
    const { store, delivery, resumed } = setUp([connection([turn, text("all of it"), end])]);
    store.dispatch({ type: "thread", thread: "c1", action: { type: "loaded", what: "all", conversation: { id: "c1", title: "Hello", turns: [{ id: "t1", at: "", ask: "Hello", state: "running" }] } } });
    delivery.follow("c1", "t1");
    const thread = await settled(store);
    expect(resumed).toEqual(["t1@0"]);
    expect(thread.turns[0]).toMatchObject({ answer: "all of it", state: "complete" });
  });

  it("that is gone for good says so instead of trying for ever", async () => {
    const { store, delivery } = setUp([connection([turn], "breaks"), refusal(404, "unknown_turn")]);
    delivery.send(NEW, "Hello");
    expect((await settled(store)).setback).toMatchObject({ during: "resume", problem: { reason: "unknown_turn" } });
  });

  it("is stopped as soon as the server has named it, when the person was quicker", async () => {
    const { promise, resolve } = Promise.withResolvers<Events>();
    const { store, delivery, api } = setUp([promise]);
    delivery.send(NEW, "Hello");
    delivery.stop(NEW);
    expect(api.stop).not.toHaveBeenCalled();
    resolve(connection([turn, { ...end, state: "stopped" }]));
    expect((await settled(store)).turns[0]?.state).toBe("stopped");
    expect(api.stop).toHaveBeenCalledExactlyOnceWith("t1");
  });

  it("is asked again as a turn that replaces the newest", async () => {
    const { store, delivery, sent } = setUp([connection([turn, end]), connection([{ ...turn, id: "t2" }, text("better"), end])]);
    delivery.send(NEW, "Hello");
    await settled(store);
    delivery.retry("c1");
    await vi.waitFor(() => expect(threadOf(store.state(), "c1").turns.at(-1)).toMatchObject({ id: "t2", retryOf: "t1", ask: "Hello", answer: "better", state: "complete" }));
    expect(sent.at(-1)).toEqual({ update: "u2", retry: "t1", conversation: "c1" });
  });

  it("of one conversation does not hinder another", async () => {
    const never = new Promise<Events>(() => undefined);
    const { store, delivery } = setUp([never, connection([{ ...turn, id: "t9", conversation: "c2" }, end])]);
    const send = (d: Delivery) => (d.send("c1", "slow"), d.send("c2", "quick"), d.send("c1", "not while the first is on its way"));
    send(delivery);
    expect((await settled(store, "c2")).turns[0]?.ask).toBe("quick");
    expect(threadOf(store.state(), "c1").outgoing?.text).toBe("slow");
  });
});
