import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NEW } from "../../runtime/web/address.ts";
import type { Me, Turn } from "../../runtime/web/contract.ts";
import { hasUnsent, initialState, reduce, threadOf, type Action, type State } from "../../runtime/web/state.ts";
import { emptyThread, reduceThread, shownTurns, type Outgoing, type Thread, type ThreadAction } from "../../runtime/web/thread.ts";

const open = { kind: "open" } as const;
const message: Outgoing = { update: "u1", text: "Hello", at: "2026-11-22T10:00:00.000Z", line: open, stopping: false };
const retry: Outgoing = { ...message, update: "u2", retry: "t1" };
const problem = { reason: "daily_limit", title: "today's limit is used up", detail: "no tokens are left" };
const end = { type: "end", state: "complete", problem: null, usage: { inputTokens: 1, outputTokens: 2 } } as const;
const after = (thread: Thread, ...actions: ThreadAction[]) => actions.reduce(reduceThread, thread);

describe("a thread", () => {
  it("takes a message from draft to answer", () => {
    const thread = after(
      emptyThread,
      { type: "drafted", text: "Hello" },
      { type: "sending", outgoing: message },
      { type: "began", turn: "t1", title: "Hello" },
      { type: "text", turn: "t1", text: "Good " },
      { type: "text", turn: "t1", text: "day" },
      { type: "ended", turn: "t1", end },
    );
    expect(thread).toEqual({ title: "Hello", draft: "", turns: [{ id: "t1", at: message.at, ask: "Hello", answer: "Good day", state: "complete", usage: end.usage }] });
  });

  it("puts a refused message back before what was typed since", () => {
    const typedOn = after(emptyThread, { type: "sending", outgoing: message }, { type: "drafted", text: "And then?" });
    const refused = reduceThread(typedOn, { type: "failed", setback: { problem, during: "send" } });
    expect(refused.draft).toBe("Hello\n\nAnd then?");
    expect(refused.outgoing).toBeUndefined();
    expect(refused.setback).toEqual({ problem, during: "send" });
  });

  it("leaves the draft alone when a retry is refused", () => {
    const thread = after(emptyThread, { type: "drafted", text: "new words" }, { type: "sending", outgoing: retry }, { type: "failed", setback: { problem, during: "retry" } });
    expect(thread.draft).toBe("new words");
  });

  it("joins a turn that it knows already instead of showing it twice", () => {
    const thread = after(emptyThread, { type: "sending", outgoing: message }, { type: "began", turn: "t1", title: "Hello" }, { type: "text", turn: "t1", text: "a" }, { type: "began", turn: "t1", title: "Hello" });
    expect(thread.turns).toHaveLength(1);
    expect(thread.turns[0]?.answer).toBe("a");
  });

  it("keeps the wish to stop while the server has not named the turn", () => {
    expect(after(emptyThread, { type: "sending", outgoing: message }, { type: "stopping" }, { type: "began", turn: "t1", title: "" }).live?.stopping).toBe(true);
  });

  it("shows the newest of a chain of retries", () => {
    const turn = (id: string, retryOf?: string): Turn => ({ id, at: "", ask: "q", state: "complete", ...(retryOf !== undefined && { retryOf }) });
    expect(shownTurns([turn("a"), turn("b"), turn("c", "b"), turn("d", "c")]).map(({ id }) => id)).toEqual(["a", "d"]);
  });

  it("puts older turns before the ones that it has, and forgets the place where they go on when there are no more", () => {
    const turns: Turn[] = [{ id: "t1", at: "", ask: "q", state: "complete" }];
    const first = reduceThread(emptyThread, { type: "loaded", what: "all", conversation: { id: "c", title: "T", turns, next: "7" } });
    const both = reduceThread(first, { type: "loaded", what: "older", conversation: { id: "c", title: "T", turns: [{ id: "t0", at: "", ask: "p", state: "complete" }] } });
    expect(both.turns.map(({ id }) => id)).toEqual(["t0", "t1"]);
    expect(both.older).toBeUndefined();
  });

  it("never loses a typed word, whatever happens in whatever order", () => {
    const action = fc.oneof(
      fc.constant<ThreadAction>({ type: "sending", outgoing: { ...message, text: "" } }),
      fc.constant<ThreadAction>({ type: "sending", outgoing: retry }),
      fc.constantFrom<ThreadAction>({ type: "failed", setback: { problem, during: "send" } }, { type: "failed", setback: { problem, during: "stop" } }, { type: "taken_back" }, { type: "stopping" }, { type: "dismissed" }),
      fc.constant<ThreadAction>({ type: "loading", what: "all" }),
      fc.constant<ThreadAction>({ type: "line", line: { kind: "lost", attempt: 1, nextTryAt: 0 } }),
      fc.constant<ThreadAction>({ type: "began", turn: "t1", title: "" }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 12 }), (actions) => {
        let thread = reduceThread(emptyThread, { type: "drafted", text: "typed words" });
        for (const next of actions) {
          if (next.type === "sending" && thread.outgoing !== undefined) continue;
          thread = reduceThread(thread, inContext(next, thread));
          const everywhere = [thread.draft, thread.outgoing?.text, ...thread.turns.map(({ ask }) => ask)].join("|");
          expect(everywhere).toContain("typed words");
        }
      }),
    );
  });
});

/** What the page would have done at this point: a message is the draft, and each turn has an id of its own. */
function inContext(action: ThreadAction, thread: Thread): ThreadAction {
  if (action.type === "began") return { ...action, turn: `t${thread.turns.length + 1}` };
  if (action.type !== "sending" || action.outgoing.retry !== undefined) return action;
  return { ...action, outgoing: { ...action.outgoing, text: thread.draft } };
}

describe("the page's state", () => {
  const me = (id: string): Me => ({
    person: { id, name: id, role: "member" },
    model: { provider: "demo", name: "demo", host: "this machine" },
    data: { place: "this machine" },
    limits: { tokensPerDay: 1, requestsPerMinute: 1, messageBytes: 1 },
    usage: { day: "2026-11-22", requests: 0, inputTokens: 0, outputTokens: 0 },
    session: { idleMinutes: 60, expiresAt: "2026-11-23T00:00:00Z" },
    version: "0.1.0",
  });
  const start = initialState({ kind: "chat", thread: NEW }, false);
  const run = (...actions: Action[]): State => actions.reduce(reduce, start);
  const onThread = (thread: string, action: ThreadAction): Action => ({ type: "thread", thread, action });

  it("gives a new conversation its id, wherever the person looks meanwhile", () => {
    const sent = [onThread(NEW, { type: "sending", outgoing: message }), onThread(NEW, { type: "drafted", text: "next" })] as const;
    const began: Action = { type: "turn_began", thread: NEW, id: "c1", title: "Hello", at: message.at };
    const here = run(...sent, began);
    expect(here.view).toEqual({ kind: "chat", thread: "c1" });
    expect(threadOf(here, "c1").draft).toBe("next");
    expect(threadOf(here, NEW)).toEqual(emptyThread);
    const elsewhere = run(...sent, { type: "showed", view: { kind: "settings" } }, began);
    expect(elsewhere.view).toEqual({ kind: "settings" });
    expect(elsewhere.rail.conversations.map(({ id }) => id)).toEqual(["c1"]);
  });

  it("drops every conversation when the session ends, and keeps unsent words only when the server ended it", () => {
    const busy = [
      { type: "signed_in", me: me("ada") },
      onThread("c1", { type: "loaded", what: "all", conversation: { id: "c1", title: "Secret", turns: [{ id: "t", at: "", ask: "secret", state: "complete" }] } }),
      onThread("c1", { type: "sending", outgoing: message }),
      onThread("c1", { type: "drafted", text: "half a" }),
    ] as const;
    const ended = run(...busy, { type: "signed_out", by: "server" });
    expect(ended.threads).toEqual({ c1: { turns: [], draft: "Hello\n\nhalf a" } });
    expect(ended.access).toEqual({ kind: "signed_out", ended: true });
    expect(hasUnsent(ended)).toBe(true);
    expect(run(...busy, { type: "signed_out", by: "person" }).threads).toEqual({});
  });

  it("shows one person's draft to nobody else", () => {
    const draft = onThread(NEW, { type: "drafted", text: "private" });
    const other = run({ type: "signed_in", me: me("ada") }, draft, { type: "signed_out", by: "server" }, { type: "signed_in", me: me("eve") });
    expect(hasUnsent(other)).toBe(false);
    const same = run({ type: "signed_in", me: me("ada") }, draft, { type: "signed_out", by: "server" }, { type: "signed_in", me: me("ada") });
    expect(threadOf(same, NEW).draft).toBe("private");
  });

  it("pages the list, and keeps what was paged in when the first page comes again", () => {
    const summary = (id: string) => ({ id, title: id, createdAt: "", updatedAt: "" });
    const paged = run({ type: "listed", page: { conversations: [summary("b")], next: "1" } }, { type: "listed", after: "1", page: { conversations: [summary("a")] } });
    expect(paged.rail.next).toBeUndefined();
    const again = reduce(paged, { type: "listed", page: { conversations: [summary("c"), summary("b")], next: "2" } });
    expect(again.rail.conversations.map(({ id }) => id)).toEqual(["c", "b", "a"]);
    expect(again.rail.next).toBeUndefined();
  });
});
