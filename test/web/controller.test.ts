import { describe, expect, it, vi } from "vitest";
import { NEW, viewOf } from "../../runtime/web/address.ts";
import type { Api, Reply } from "../../runtime/web/api.ts";
import type { Conversation, Me, Turn } from "../../runtime/web/contract.ts";
import { createController } from "../../runtime/web/controller.ts";
import type { Delivery } from "../../runtime/web/delivery.ts";
import { initialState, reduce, threadOf, type Action } from "../../runtime/web/state.ts";
import { createStore } from "../../runtime/web/store.ts";

const me: Me = {
  person: { id: "ada", name: "Ada", role: "owner" },
  model: { provider: "demo", name: "demo", host: "this machine" },
  data: { place: "this machine" },
  limits: { tokensPerDay: 1, requestsPerMinute: 1, messageBytes: 1 },
  usage: { day: "2026-11-22", requests: 0, inputTokens: 0, outputTokens: 0 },
  session: { idleMinutes: 60, expiresAt: "2026-11-23T00:00:00Z" },
  version: "0.1.0",
};
const turn = (id: string, state: Turn["state"] = "complete"): Turn => ({ id, at: "", ask: "q", state });
const ok = <T>(value: T): Reply<T> => ({ ok: true, value });
const refused = (status: number, reason: string): Reply<never> => ({ ok: false, status, problem: { reason, title: reason, detail: "" } });

function setUp(fragment: string, replies: Partial<Record<keyof Api, () => unknown>>) {
  const history = [fragment];
  const store = createStore(reduce, initialState(viewOf(fragment), false));
  const calls: string[] = [];
  const api = Object.fromEntries(
    // As the api does it, a reply that there is no session has been told before it arrives.
    Object.entries({ me: () => ok(me), conversations: () => ok({ conversations: [] }), ...replies }).map(([name, reply]) => [name, async (argument?: string) => {
      calls.push(argument === undefined ? name : `${name} ${argument}`);
      const answer = await reply();
      if (JSON.stringify(answer).includes('"sign_in_needed"')) store.dispatch({ type: "signed_out", by: "server" });
      return answer;
    }]),
  ) as unknown as Api;
  const delivery = { follow: vi.fn(), closeAll: vi.fn() };
  const address = {
    fragment: () => history.at(-1) ?? "",
    push: (next: string) => void history.push(next),
    replace: (next: string) => void history.splice(-1, 1, next),
  };
  return { controller: createController(api, store, delivery as Partial<Delivery> as Delivery, address), store, calls, history, delivery };
}

describe("starting", () => {
  it("takes the link out of the history before it is exchanged", async () => {
    const { controller, store, calls, history } = setUp("#link=secret", { signIn: () => (expect(history).toEqual(["#"]), ok(undefined)) });
    await controller.start();
    expect(calls[0]).toBe("signIn secret");
    expect(store.state().access.kind).toBe("signed_in");
  });

  it("goes on with the session when a link has been used already", async () => {
    const { controller, store } = setUp("#link=used", { signIn: () => refused(401, "link_invalid") });
    await controller.start();
    expect(store.state().access.kind).toBe("signed_in");
  });

  it("says what was wrong with the link when there is no session either", async () => {
    const { controller, store } = setUp("#link=used", { signIn: () => refused(401, "link_invalid"), me: () => refused(401, "sign_in_needed") });
    await controller.start();
    expect(store.state().access).toMatchObject({ kind: "signed_out", problem: { reason: "link_invalid" } });
  });

  it("keeps a link that the server could not try yet, and tries it again", async () => {
    const replies = [refused(0, "unreachable"), refused(429, "slow_down"), ok(undefined)];
    const { controller, store, calls } = setUp("#link=secret", { signIn: () => replies.shift(), me: () => (replies.length > 0 ? refused(401, "sign_in_needed") : ok(me)) });
    await controller.start();
    expect(store.state().access.kind).toBe("unreachable");
    await controller.returned();
    expect(store.state().access).toMatchObject({ kind: "signed_out", problem: { reason: "slow_down" } });
    await controller.returned();
    expect(store.state().access.kind).toBe("signed_in");
    expect(calls.filter((call) => call === "signIn secret")).toHaveLength(3);
  });

  it("follows a turn that it finds running", async () => {
    const { controller, delivery } = setUp("#c=c1", { conversation: () => ok<Conversation>({ id: "c1", title: "T", turns: [turn("t1"), turn("t2", "running")] }) });
    await controller.start();
    expect(delivery.follow).toHaveBeenCalledExactlyOnceWith("c1", "t2");
  });

  it("tells a server that is away from one that wants a sign-in", async () => {
    const { controller, store } = setUp("", { me: () => refused(0, "unreachable") });
    await controller.start();
    expect(store.state().access.kind).toBe("unreachable");
  });
});

describe("loading a conversation", () => {
  it("leaves aside what a message has overtaken", async () => {
    const { promise, resolve } = Promise.withResolvers<Reply<Conversation>>();
    const { controller, store } = setUp("#c=c1", { conversation: () => promise });
    const loading = controller.openThread("c1");
    const act = (action: Extract<Action, { type: "thread" }>) => store.dispatch(action);
    act({ type: "thread", thread: "c1", action: { type: "sending", outgoing: { update: "u", text: "new", at: "", line: { kind: "open" }, stopping: false } } });
    act({ type: "thread", thread: "c1", action: { type: "began", turn: "t9", title: "T" } });
    resolve(ok({ id: "c1", title: "T", turns: [turn("t1")] }));
    await loading;
    const thread = threadOf(store.state(), "c1");
    expect(thread.turns.map(({ id }) => id)).toEqual(["t9"]);
    expect(thread.loading).toBeUndefined();
  });

  it("ends at the door when the session is over", async () => {
    const { controller, store } = setUp("#c=c1", { conversation: () => refused(401, "sign_in_needed") });
    await controller.openThread("c1");
    expect(store.state()).toMatchObject({ access: { kind: "signed_out" }, threads: {} });
  });

  it("says why it did not work, and works the next time", async () => {
    let reply: Reply<Conversation> = refused(404, "unknown_conversation");
    const { controller, store } = setUp("#c=c1", { conversation: () => reply });
    await controller.openThread("c1");
    expect(threadOf(store.state(), "c1").setback).toMatchObject({ during: "load", problem: { reason: "unknown_conversation" } });
    reply = ok({ id: "c1", title: "T", turns: [turn("t1")] });
    await controller.openThread("c1");
    expect(threadOf(store.state(), "c1").setback).toBeUndefined();
  });
});

describe("signing out", () => {
  it("leaves nothing of the person in the page or its address", async () => {
    const { controller, store, history } = setUp("#c=c1", { signOut: () => ok(undefined) });
    store.dispatch({ type: "thread", thread: "c1", action: { type: "drafted", text: "private" } });
    await controller.signOut();
    expect(history).toEqual(["#"]);
    expect(store.state()).toMatchObject({ threads: {}, view: { kind: "chat", thread: NEW }, access: { kind: "signed_out", ended: true } });
  });

  it("says so when the server did not end the session", async () => {
    const { controller, store } = setUp("", { signOut: () => refused(0, "unreachable") });
    await controller.start();
    expect((await controller.signOut()).ok).toBe(false);
    expect(store.state().access.kind).toBe("signed_in");
  });
});
