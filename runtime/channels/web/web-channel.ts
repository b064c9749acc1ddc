/** The page's way in: a message as JSON, the answer as server-sent events. docs/http-api.md is its contract. */
import { z } from "zod";
import type { Inbound, Submission, TurnEvent } from "../../chat/inbound.ts";
import { eventStream } from "../../http/event-stream.ts";
import type { ServerEvent } from "../../http/event-stream.ts";
import { problemResponse } from "../../http/problem-response.ts";
import { readJson } from "../../http/read-json.ts";
import type { Channel } from "../../ports.ts";
import { Problem } from "../../problems.ts";
import { utf8 } from "../../crypto/bytes.ts";

export const MESSAGE_BYTES = 256 * 1024;

const id = z.string().regex(/^[\w-]{1,64}$/, "must be an id");

const place = z.strictObject({ host: z.string().max(300), name: z.string().max(300) });

const message = z.union([
  z.strictObject({ update: id, conversation: id.optional(), model: place.optional(), text: z.string().refine((text) => text.trim() !== "", "must not be empty").refine((text) => text.isWellFormed(), "must not hold half a surrogate pair") }),
  z.strictObject({ update: id, conversation: id, model: place.optional(), retry: id }),
]);

export const webChannel: Channel = {
  name: "web",

  async receive(request): Promise<Inbound> {
    const body = await readJson(request, message);
    const head = { channel: "web", update: body.update, ...(body.model ? { expects: body.model } : {}) } as const;
    if ("retry" in body) return { ...head, ask: { type: "retry", conversation: body.conversation, turn: body.retry } };
    const bytes = utf8(body.text).length;
    if (bytes > MESSAGE_BYTES) throw new Problem("message_too_long", { detail: `it has ${bytes} bytes, at most ${MESSAGE_BYTES} are taken`, fix: "shorten it, or send it in parts" });
    return { ...head, ask: { type: "message", text: body.text, ...(body.conversation === undefined ? {} : { conversation: body.conversation }) } };
  },

  reply(submission) {
    return turnStream(submission, 0);
  },

  refuse: problemResponse,
};

/** A turn as the page reads it. @param after UTF-16 code units of the answer that the page has already */
export function turnStream(submission: Submission, after: number): Response {
  return eventStream(toServerEvents(submission, after));
}

async function* toServerEvents({ turn, model, conversation, events }: Submission, after: number): AsyncGenerator<ServerEvent> {
  yield { event: "turn", data: JSON.stringify({ id: turn, conversation: conversation?.id, title: conversation?.title, model }) };
  for await (const event of events(after)) yield toServerEvent(event);
}

function toServerEvent(event: TurnEvent): ServerEvent {
  if (event.type === "text") return { event: "text", id: String(event.length), data: JSON.stringify({ text: event.text }) };
  const { state, cause, problem, usage } = event.end;
  return { event: "end", data: JSON.stringify({ state, ...(cause ? { cause } : {}), problem: problem ?? null, usage }) };
}
