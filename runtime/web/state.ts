import { NEW, type View } from "./address.ts";
import type { ConversationPage, ConversationSummary, Me, Problem } from "./contract.ts";
import { emptyThread, reduceThread, type Thread, type ThreadAction } from "./thread.ts";

export type Access =
  | { readonly kind: "starting" }
  | { readonly kind: "unreachable"; readonly problem: Problem }
  /** `ended`: there was a session in this page before. `problem`: why a sign-in did not succeed. */
  | { readonly kind: "signed_out"; readonly ended: boolean; readonly problem?: Problem }
  | { readonly kind: "signed_in"; readonly me: Me };

export interface Rail {
  readonly folded: boolean;
  readonly conversations: readonly ConversationSummary[];
  readonly next?: string;
  readonly loading: boolean;
  readonly problem?: Problem;
}

/** The sheet that shows what was sent: for a turn, or, without one, what a first message would send. */
export interface Sheet {
  readonly turn?: string;
}

export interface State {
  readonly access: Access;
  readonly view: View;
  readonly rail: Rail;
  /** By conversation id; `NEW` is the one that has not begun. */
  readonly threads: Readonly<Record<string, Thread>>;
  readonly sheet?: Sheet;
  /** Whose threads these are: another person never finds them, or a draft, in the same page. */
  readonly personId?: string;
}

export type Action =
  | { readonly type: "signed_in"; readonly me: Me }
  | { readonly type: "signed_out"; readonly by: "person" | "server"; readonly problem?: Problem }
  | { readonly type: "unreachable"; readonly problem: Problem }
  | { readonly type: "showed"; readonly view: View }
  | { readonly type: "folded"; readonly folded: boolean }
  | { readonly type: "listing" }
  | { readonly type: "listed"; readonly page: ConversationPage; readonly after?: string }
  | { readonly type: "list_failed"; readonly problem: Problem }
  | { readonly type: "sheet_opened"; readonly sheet: Sheet }
  | { readonly type: "sheet_closed" }
  /** A turn began: its conversation is the newest now. `thread` is `NEW` for one that has just got its id. */
  | { readonly type: "turn_began"; readonly thread: string; readonly id: string; readonly title: string; readonly at: string }
  | { readonly type: "thread"; readonly thread: string; readonly action: ThreadAction };

export function initialState(view: View, folded: boolean): State {
  return { access: { kind: "starting" }, view, rail: { folded, conversations: [], loading: false }, threads: {} };
}

export function threadOf(state: State, key: string): Thread {
  return state.threads[key] ?? emptyThread;
}

/** True when closing the page would lose something that was typed. */
export function hasUnsent(state: State): boolean {
  return Object.values(state.threads).some((thread) => thread.draft.trim() !== "" || (thread.outgoing !== undefined && thread.outgoing.retry === undefined));
}

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case "signed_in": {
      const same = state.personId === undefined || state.personId === action.me.person.id;
      return { ...state, access: { kind: "signed_in", me: action.me }, personId: action.me.person.id, threads: same ? state.threads : {} };
    }
    case "signed_out":
      return signedOut(state, action.by, action.problem);
    case "unreachable":
      return { ...state, access: { kind: "unreachable", problem: action.problem } };
    case "showed":
      return { ...withoutSheet(state), view: action.view };
    case "folded":
      return { ...state, rail: { ...state.rail, folded: action.folded } };
    case "listing": {
      const { problem: _, ...rail } = state.rail;
      return { ...state, rail: { ...rail, loading: true } };
    }
    case "listed":
      return { ...state, rail: listed(state.rail, action.page, action.after) };
    case "list_failed":
      return { ...state, rail: { ...state.rail, loading: false, problem: action.problem } };
    case "sheet_opened":
      return { ...state, sheet: action.sheet };
    case "sheet_closed":
      return withoutSheet(state);
    case "turn_began":
      return turnBegan(state, action);
    case "thread":
      return { ...state, threads: { ...state.threads, [action.thread]: reduceThread(threadOf(state, action.thread), action.action) } };
    default:
      return action satisfies never;
  }
}

/** Content leaves the page with the session. Unsent words stay when the server ended it, not when the person did. */
function signedOut(state: State, by: "person" | "server", problem: Problem | undefined): State {
  const ended = by === "person" || state.access.kind === "signed_in" || (state.access.kind === "signed_out" && state.access.ended);
  const threads: Record<string, Thread> = {};
  for (const [key, thread] of Object.entries(state.threads)) {
    const draft = [thread.outgoing?.retry === undefined ? thread.outgoing?.text : "", thread.draft].filter(Boolean).join("\n\n");
    if (by === "server" && draft !== "") threads[key] = { ...emptyThread, draft };
  }
  return {
    ...withoutSheet(state),
    access: { kind: "signed_out", ended, ...(problem && { problem }) },
    rail: { folded: state.rail.folded, conversations: [], loading: false },
    threads,
  };
}

/** A first page goes on top of what was paged in before; a further page goes below it. */
function listed(rail: Rail, page: ConversationPage, after: string | undefined): Rail {
  const fresh = new Set(page.conversations.map(({ id }) => id));
  const kept = rail.conversations.filter(({ id }) => !fresh.has(id));
  const conversations = after === undefined ? [...page.conversations, ...kept] : [...kept, ...page.conversations];
  const next = after === undefined && kept.length > 0 ? rail.next : page.next;
  return { folded: rail.folded, loading: false, conversations, ...(next !== undefined && { next }) };
}

function turnBegan(state: State, { thread, id, title, at }: Extract<Action, { type: "turn_began" }>): State {
  const before = state.rail.conversations.find((other) => other.id === id);
  const conversations = [{ id, title, createdAt: before?.createdAt ?? at, updatedAt: at }, ...state.rail.conversations.filter((other) => other.id !== id)];
  const moved = { ...state, rail: { ...state.rail, conversations } };
  if (thread !== NEW) return moved;
  const { [NEW]: begun, ...others } = state.threads;
  const here = state.view.kind === "chat" && state.view.thread === NEW;
  return { ...moved, threads: { ...others, [id]: begun ?? emptyThread }, view: here ? { kind: "chat", thread: id } : state.view };
}

function withoutSheet(state: State): State {
  const { sheet: _, ...rest } = state;
  return rest;
}
