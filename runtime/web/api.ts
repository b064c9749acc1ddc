import type { Conversation, ConversationPage, Me, Message, Problem, Sent, Session, TurnEvent, Usage } from "./contract.ts";
import { readTurnEvents } from "./events.ts";

export type Reply<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly status: number; readonly problem: Problem };

/**
 * The routes of docs/http-api.md. Nothing here throws, except a stream that breaks while it is read: a refusal comes
 * back with the server's problem document, and a server that cannot be reached as status 0, reason "unreachable".
 */
export interface Api {
  signIn(link: string): Promise<Reply<void>>;
  signOut(): Promise<Reply<void>>;
  sessions(): Promise<Reply<{ readonly sessions: readonly Session[] }>>;
  endSession(id: string): Promise<Reply<void>>;
  me(): Promise<Reply<Me>>;
  usage(): Promise<Reply<Usage>>;
  conversations(before?: string): Promise<Reply<ConversationPage>>;
  conversation(id: string, before?: string): Promise<Reply<Conversation>>;
  send(message: Message, signal: AbortSignal): Promise<Reply<AsyncIterable<TurnEvent>>>;
  /** `after` is the length of the answer that is already here, in UTF-16 code units. */
  events(turn: string, after: number, signal: AbortSignal): Promise<Reply<AsyncIterable<TurnEvent>>>;
  stop(turn: string): Promise<Reply<void>>;
  sent(turn: string): Promise<Reply<Sent>>;
}

/** `onSignedOut` is called whenever a reply says that there is no session any more, before the reply comes back. */
export function createApi(fetch: typeof globalThis.fetch, onSignedOut: () => void): Api {
  const get = { method: "GET" };
  const post = (body: unknown) => ({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

  async function call<T>(path: string, init: RequestInit, read: (response: Response) => Promise<T> | T): Promise<Reply<T>> {
    try {
      const response = await fetch(path, { ...init, credentials: "same-origin", cache: "no-store", redirect: "error" });
      if (response.ok) return { ok: true, value: await read(response) };
      const problem = await readProblem(response);
      if (problem.reason === "sign_in_needed") onSignedOut();
      return { ok: false, status: response.status, problem };
    } catch {
      return { ok: false, status: 0, problem: unreachable };
    }
  }
  const json = <T>(response: Response): Promise<T> => response.json();
  const nothing = (): void => undefined;
  const at = (id: string) => encodeURIComponent(id);

  return {
    signIn: (link) => call("/api/session", post({ link }), nothing),
    signOut: () => call("/api/session", { method: "DELETE" }, nothing),
    sessions: () => call("/api/sessions", get, json<{ sessions: Session[] }>),
    endSession: (id) => call(`/api/sessions/${at(id)}`, { method: "DELETE" }, nothing),
    me: () => call("/api/me", get, json<Me>),
    usage: () => call("/api/usage", get, json<Usage>),
    conversations: (before) => call(`/api/conversations${before === undefined ? "" : `?before=${at(before)}`}`, get, json<ConversationPage>),
    conversation: (id, before) => call(`/api/conversations/${at(id)}${before === undefined ? "" : `?before=${at(before)}`}`, get, json<Conversation>),
    send: (message, signal) => call("/api/messages", { ...post(message), signal }, turnEvents),
    events: (turn, after, signal) => call(`/api/turns/${at(turn)}/events?after=${after}`, { ...get, signal }, turnEvents),
    stop: (turn) => call(`/api/turns/${at(turn)}/stop`, { method: "POST" }, nothing),
    sent: (turn) => call(`/api/turns/${at(turn)}/sent`, get, json<Sent>),
  };
}

const unreachable: Problem = {
  reason: "unreachable",
  title: "the server cannot be reached",
  detail: "the request did not get through, or no reply came back",
  fix: "check that Holdfast is running and that this device is online",
};

function turnEvents(response: Response): AsyncIterable<TurnEvent> {
  if (response.body === null) throw new Error("the reply has no body");
  return readTurnEvents(response.body);
}

/** A proxy in between answers in its own words, mostly HTML: those are not shown. */
async function readProblem(response: Response): Promise<Problem> {
  if (response.headers.get("content-type")?.startsWith("application/problem+json") === true) return response.json();
  return { reason: "unexpected", title: `the server answered ${response.status}`, detail: "the answer did not say why", fix: "try again; if it stays like this, look at the server's log" };
}
