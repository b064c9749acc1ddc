import { fragmentOf, linkToken, NEW, viewOf, type View } from "./address.ts";
import type { Api, Reply } from "./api.ts";
import type { Delivery } from "./delivery.ts";
import { threadOf, type Action, type Sheet, type State } from "./state.ts";
import type { Store } from "./store.ts";

/** The browser's address and history, as far as the page moves them. */
export interface Address {
  fragment(): string;
  /** Adds an entry to the history. */
  push(fragment: string): void;
  /** Replaces the entry, so that what stood there is in the history no more. */
  replace(fragment: string): void;
}

/** Everything the person can ask for that is not a message. That a session is over is told by the api (onSignedOut), not here. */
export interface Controller {
  /** Reads the address and signs in with its link, or goes on with the session that is there. */
  start(): Promise<void>;
  /** The address changed: by the back button, by hand, or by a sign-in link opened in this page. */
  moved(): Promise<void>;
  /** The page is looked at again: who is signed in and what is new may have changed. */
  returned(): Promise<void>;
  show(view: View): void;
  openThread(id: string): Promise<void>;
  older(thread: string): Promise<void>;
  list(after?: string): Promise<void>;
  fold(folded: boolean): void;
  showSent(sheet: Sheet): void;
  closeSheet(): void;
  dismiss(thread: string): void;
  draft(thread: string, text: string): void;
  refreshMe(): Promise<void>;
  signOut(): Promise<Reply<void>>;
}

/** Turns in a page of a conversation. */
const PAGE = 50;

export function createController(api: Api, store: Store<State, Action>, delivery: Delivery, address: Address): Controller {
  const onThread = (thread: string, action: Extract<Action, { type: "thread" }>["action"]) => store.dispatch({ type: "thread", thread, action });

  /** A link that has not been tried: the server was away, or asked to wait. */
  let untried: string | undefined;

  async function signIn(token: string): Promise<void> {
    address.replace(fragmentOf({ kind: "chat", thread: NEW }));
    const reply = await api.signIn(token);
    untried = reply.ok || reply.status === 401 ? undefined : token;
    if (reply.ok) return enter();
    if (reply.status === 0) return store.dispatch({ type: "unreachable", problem: reply.problem });
    // A link that was opened twice is no reason to stop: the session of the first time is still there.
    const me = await api.me();
    if (me.ok) return welcome(me.value);
    store.dispatch({ type: "signed_out", by: "server", problem: reply.problem });
  }

  async function enter(): Promise<void> {
    const reply = await api.me();
    if (reply.ok) return welcome(reply.value);
    if (reply.status !== 401) store.dispatch({ type: "unreachable", problem: reply.problem });
  }

  async function welcome(me: Extract<Action, { type: "signed_in" }>["me"]): Promise<void> {
    store.dispatch({ type: "signed_in", me });
    const { view } = store.state();
    await Promise.all([list(), view.kind === "chat" && view.thread !== NEW ? openThread(view.thread) : undefined]);
  }

  async function list(after?: string): Promise<void> {
    store.dispatch({ type: "listing" });
    const reply = await api.conversations(after);
    if (reply.ok) store.dispatch({ type: "listed", page: reply.value, ...(after !== undefined && { after }) });
    else if (reply.status !== 401) store.dispatch({ type: "list_failed", problem: reply.problem });
  }

  async function openThread(id: string): Promise<void> {
    const { live, outgoing, loading } = threadOf(store.state(), id);
    if (live !== undefined || outgoing !== undefined || loading !== undefined) return;
    onThread(id, { type: "loading", what: "all" });
    const before = threadOf(store.state(), id).turns;
    const reply = await api.conversation(id);
    if (!reply.ok && reply.status === 401) return;
    // A message was sent meanwhile: what came lacks it.
    const now = threadOf(store.state(), id);
    if (now.turns !== before || now.outgoing !== undefined) return onThread(id, { type: "overtaken" });
    if (!reply.ok) return onThread(id, { type: "failed", setback: { problem: reply.problem, during: "load" } });
    onThread(id, { type: "loaded", conversation: reply.value, what: "all" });
    const running = reply.value.turns.findLast((turn) => turn.state === "running");
    if (running !== undefined) delivery.follow(id, running.id);
  }

  async function older(thread: string): Promise<void> {
    const { older: before, loading } = threadOf(store.state(), thread);
    if (before === undefined || loading !== undefined) return;
    onThread(thread, { type: "loading", what: "older" });
    const reply = await api.conversation(thread, before);
    if (reply.ok) onThread(thread, { type: "loaded", conversation: reply.value, what: "older" });
    else if (reply.status !== 401) onThread(thread, { type: "failed", setback: { problem: reply.problem, during: "older" } });
  }

  function show(view: View): void {
    store.dispatch({ type: "showed", view });
    if (view.kind === "chat" && view.thread !== NEW && store.state().access.kind === "signed_in") void openThread(view.thread);
  }

  async function refreshMe(): Promise<void> {
    const reply = await api.me();
    if (reply.ok) store.dispatch({ type: "signed_in", me: reply.value });
  }

  return {
    async start() {
      const token = linkToken(address.fragment());
      await (token === undefined ? enter() : signIn(token));
    },
    async moved() {
      const token = linkToken(address.fragment());
      if (token !== undefined) return signIn(token);
      show(viewOf(address.fragment()));
    },
    async returned() {
      const { access, view } = store.state();
      if (access.kind === "starting") return;
      if (access.kind !== "signed_in") return untried === undefined ? enter() : signIn(untried);
      await refreshMe();
      if (store.state().access.kind !== "signed_in") return;
      // Loading again would drop the earlier pages that the person scrolled to.
      const again = view.kind === "chat" && view.thread !== NEW && threadOf(store.state(), view.thread).turns.length <= PAGE;
      await Promise.all([list(), again ? openThread(view.thread) : undefined]);
    },
    show(view) {
      const fragment = fragmentOf(view);
      if (fragment !== (address.fragment() || "#")) address.push(fragment);
      show(view);
    },
    openThread,
    older,
    list,
    fold: (folded) => store.dispatch({ type: "folded", folded }),
    showSent: (sheet) => store.dispatch({ type: "sheet_opened", sheet }),
    closeSheet: () => store.dispatch({ type: "sheet_closed" }),
    dismiss: (thread) => onThread(thread, { type: "dismissed" }),
    draft: (thread, text) => onThread(thread, { type: "drafted", text }),
    refreshMe,
    async signOut() {
      const reply = await api.signOut();
      if (!reply.ok && reply.status !== 401) return reply;
      delivery.closeAll();
      address.replace("#");
      store.dispatch({ type: "showed", view: { kind: "chat", thread: NEW } });
      store.dispatch({ type: "signed_out", by: "person" });
      return { ok: true, value: undefined };
    },
  };
}
