/** One person at the page of one app: sends messages, reads along, looks at what is there. */
import type { TurnView } from "../../../runtime/chat/turn-views.ts";
import type { Person } from "../../../runtime/ports.ts";
import { readEvents, textOf } from "../../support/events.ts";
import type { ReceivedEvent } from "../../support/events.ts";
import type { TestApp } from "../../support/test-app.ts";

export interface Answer {
  readonly status: number;
  readonly turn: string;
  readonly conversation: string;
  readonly text: string;
  readonly end: Record<string, unknown>;
  /** The problem document of a refusal. */
  readonly problem: Record<string, unknown>;
}

export interface Chatter {
  readonly person: Person;
  readonly headers: Record<string, string>;
  /** Sends and returns the open reply. An `update` is made when none is given. */
  send(message: Record<string, unknown>): Promise<Response>;
  /** Sends and reads to the end. */
  ask(message: Record<string, unknown>): Promise<Answer>;
  /** The conversation's turns, as the page shows them. */
  turns(conversation: string): Promise<readonly TurnView[]>;
  /** JSON of a route. */
  get(path: string): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>;
  resume(turn: string, after?: number): Promise<Answer>;
  stop(turn: string): Promise<number>;
}

/** @param person who was added before. @default - a new one */
export async function chatter(app: TestApp, person?: Person): Promise<Chatter> {
  const who = person ?? (await app.addPerson(`Person ${crypto.randomUUID()}`));
  const headers = await app.signIn(who);
  const send: Chatter["send"] = (message) => app.post("/api/messages", { update: crypto.randomUUID(), ...message }, headers);
  const get: Chatter["get"] = async (path) => {
    const response = await app.fetch(path, { headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return {
    person: who,
    headers,
    send,
    get,
    ask: async (message) => readAnswer(await send(message)),
    turns: async (conversation) => (await get(`/api/conversations/${conversation}`)).body["turns"] as TurnView[],
    resume: async (turn, after = 0) => readAnswer(await app.fetch(`/api/turns/${turn}/events?after=${after}`, { headers })),
    stop: async (turn) => (await app.post(`/api/turns/${turn}/stop`, {}, headers)).status,
  };
}

export async function readAnswer(response: Response): Promise<Answer> {
  const nothing = { turn: "", conversation: "", text: "", end: {}, problem: {} };
  if (!response.ok) return { ...nothing, status: response.status, problem: (await response.json()) as Record<string, unknown> };
  const events = await readEvents(response);
  const begun = events.find(({ event }) => event === "turn")?.data;
  const end = events.find(({ event }) => event === "end")?.data;
  return { ...nothing, status: response.status, turn: String(begun?.["id"]), conversation: String(begun?.["conversation"]), text: textOf(events), end: end ?? {} };
}

/** The events of a reply, one by one as they come. Leaving the loop closes the connection. */
export async function* liveEvents(response: Response): AsyncGenerator<ReceivedEvent> {
  let text = "";
  for await (const bytes of (response.body ?? new ReadableStream<Uint8Array>()).pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)) {
    text += bytes;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const [event] = await readEvents(new Response(text.slice(0, end)));
      text = text.slice(end + 2);
      if (event) yield event;
    }
  }
}

/** The next event of its kind. The reader stays open. */
export async function nextEvent(events: AsyncGenerator<ReceivedEvent>, kind: string): Promise<ReceivedEvent> {
  for (;;) {
    const next = await events.next();
    if (next.done) throw new Error(`the stream ended before an event "${kind}"`);
    if (next.value.event === kind) return next.value;
  }
}

/** What the model waits for until the test lets it go on. */
export function gate(): { readonly held: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { held: promise, open: resolve };
}

/** Lets everything happen that is not waiting for a gate or a timer. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve));
}
