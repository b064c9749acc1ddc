import type { Conversation, ModelPlace, Problem, Turn, TurnEvent } from "./contract.ts";

/** A connection that carries an answer: open, or lost and to be tried again at `nextTryAt` (milliseconds since 1970). */
export type Line = { readonly kind: "open" } | { readonly kind: "lost"; readonly attempt: number; readonly nextTryAt: number };

/** A message, or a retry, that the server has not acknowledged yet. */
export interface Outgoing {
  readonly update: string;
  readonly text: string;
  readonly at: string;
  /** The turn that is asked again. @default - it is a new message */
  readonly retry?: string;
  readonly line: Line;
  readonly stopping: boolean;
}

/** The answer that is being written. */
export interface Live {
  readonly turn: string;
  readonly line: Line;
  readonly stopping: boolean;
}

/** What went wrong with the last thing the person asked for here, and what asking again would mean. */
export interface Setback {
  readonly problem: Problem;
  readonly during: "send" | "retry" | "load" | "older" | "stop" | "resume";
}

/** One conversation as the page knows it. */
export interface Thread {
  readonly title?: string;
  /** In order of time. The answer of a running turn is what has arrived so far. */
  readonly turns: readonly Turn[];
  /** Where older turns go on. @default - there are none */
  readonly older?: string;
  readonly loading?: "all" | "older";
  readonly outgoing?: Outgoing;
  readonly live?: Live;
  /** What is typed and not sent. It is kept in memory only: content stays off the browser's disk. */
  readonly draft: string;
  readonly setback?: Setback;
}

export type ThreadAction =
  | { readonly type: "loading"; readonly what: "all" | "older" }
  | { readonly type: "loaded"; readonly conversation: Conversation; readonly what: "all" | "older" }
  /** What was loaded is older than what the thread shows by now; it is left aside. */
  | { readonly type: "overtaken" }
  | { readonly type: "drafted"; readonly text: string }
  | { readonly type: "sending"; readonly outgoing: Outgoing }
  | { readonly type: "began"; readonly turn: string; readonly title: string; readonly model?: ModelPlace }
  | { readonly type: "following"; readonly turn: string; readonly model?: ModelPlace }
  | { readonly type: "text"; readonly turn: string; readonly text: string }
  | { readonly type: "line"; readonly line: Line }
  | { readonly type: "stopping" }
  | { readonly type: "ended"; readonly turn: string; readonly end: Extract<TurnEvent, { type: "end" }> }
  | { readonly type: "failed"; readonly setback: Setback }
  /** The person gave up on a message that did not get through. */
  | { readonly type: "taken_back" }
  | { readonly type: "dismissed" };

export const emptyThread: Thread = { turns: [], draft: "" };

/** What a thread is after an action. Pure; nothing that the person typed leaves it unless the server has it. */
export function reduceThread(thread: Thread, action: ThreadAction): Thread {
  switch (action.type) {
    case "loading":
      return { ...withoutLoadSetback(thread), loading: action.what };
    case "loaded":
      return loaded(thread, action.conversation, action.what);
    case "overtaken":
      return without(thread, "loading");
    case "drafted":
      return { ...thread, draft: action.text };
    case "sending":
      return { ...without(thread, "setback"), outgoing: action.outgoing, draft: action.outgoing.retry === undefined ? "" : thread.draft };
    case "began":
      return began(thread, action.turn, action.title, action.model);
    case "following":
      return following(thread, action.turn, action.model);
    case "text":
      return withAnswer(thread, action.turn, (before) => before + action.text);
    case "line":
      return withLine(thread, action.line);
    case "stopping":
      return {
        ...thread,
        ...(thread.outgoing && { outgoing: { ...thread.outgoing, stopping: true } }),
        ...(thread.live && { live: { ...thread.live, stopping: true } }),
      };
    case "ended":
      return { ...without(thread, "live"), turns: thread.turns.map((turn) => (turn.id === action.turn ? endedTurn(turn, action.end) : turn)) };
    case "failed":
      return { ...without(afterSetback(thread, action.setback.during), "loading"), setback: action.setback };
    case "taken_back":
      return takenBack(thread);
    case "dismissed":
      return without(thread, "setback");
    default:
      return action satisfies never;
  }
}

/** The turns to show: of a chain of retries, the newest. */
export function shownTurns(turns: readonly Turn[]): readonly Turn[] {
  const replaced = new Set(turns.map((turn) => turn.retryOf));
  return turns.filter((turn) => !replaced.has(turn.id));
}

const open: Line = { kind: "open" };

function began(thread: Thread, id: string, title: string, model: ModelPlace | undefined): Thread {
  const live: Live = { turn: id, line: open, stopping: thread.outgoing?.stopping === true };
  const { outgoing, ...rest } = thread;
  // A repeated message joins a turn that may be known already.
  if (outgoing === undefined || thread.turns.some((turn) => turn.id === id)) return { ...rest, title, live };
  const turn: Turn = { id, at: outgoing.at, ask: outgoing.text, state: "running", ...(outgoing.retry !== undefined && { retryOf: outgoing.retry }), ...(model && { model }) };
  return { ...rest, title, turns: [...thread.turns, turn], live };
}

function following(thread: Thread, id: string, model: ModelPlace | undefined): Thread {
  const turns = thread.turns.map((turn) => (turn.id === id ? { ...turn, answer: "", ...(model && { model }) } : turn));
  return { ...thread, turns, live: { turn: id, line: open, stopping: false } };
}

function loaded(thread: Thread, conversation: Conversation, what: "all" | "older"): Thread {
  const { loading: _, older: __, ...rest } = thread;
  const turns = what === "older" ? [...conversation.turns, ...thread.turns] : conversation.turns;
  return { ...rest, title: conversation.title, turns, ...(conversation.next !== undefined && { older: conversation.next }) };
}

/** Loading again answers what went wrong with loading, and nothing else. */
function withoutLoadSetback(thread: Thread): Thread {
  const during = thread.setback?.during;
  return during === "load" || during === "older" || during === "resume" ? without(thread, "setback") : thread;
}

function withAnswer(thread: Thread, id: string, answer: (before: string) => string): Thread {
  return { ...thread, turns: thread.turns.map((turn) => (turn.id === id ? { ...turn, answer: answer(turn.answer ?? "") } : turn)) };
}

function withLine(thread: Thread, line: Line): Thread {
  return { ...thread, ...(thread.outgoing && { outgoing: { ...thread.outgoing, line } }), ...(thread.live && { live: { ...thread.live, line } }) };
}

function endedTurn(turn: Turn, end: Extract<TurnEvent, { type: "end" }>): Turn {
  return { ...turn, state: end.state, ...(end.cause && { cause: end.cause }), ...(end.problem && { problem: end.problem }), ...(end.usage && { usage: end.usage }) };
}

function afterSetback(thread: Thread, during: Setback["during"]): Thread {
  if (during === "send" || during === "retry") return takenBack(thread);
  if (during === "resume") return without(thread, "live");
  return during === "stop" && thread.live !== undefined ? { ...thread, live: { ...thread.live, stopping: false } } : thread;
}

/** A message goes back to where it was typed, before whatever has been typed since. */
function takenBack(thread: Thread): Thread {
  const { outgoing, ...rest } = thread;
  if (outgoing === undefined || outgoing.retry !== undefined) return rest;
  return { ...rest, draft: thread.draft.trim() === "" ? outgoing.text : `${outgoing.text}\n\n${thread.draft}` };
}

function without<K extends "loading" | "live" | "setback">(thread: Thread, key: K): Omit<Thread, K> {
  const { [key]: _, ...rest } = thread;
  return rest;
}
