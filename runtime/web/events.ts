import type { TurnEvent } from "./contract.ts";

export interface ServerEvent {
  /** "message" when the server named none. */
  readonly event: string;
  readonly data: string;
}

/** Takes the next piece of an event stream, cut anywhere, and returns the events that it completes. */
export type EventParser = (piece: string) => ServerEvent[];

/**
 * Parses server-sent events as the HTML standard does (9.2.6): lines end in CR, LF or CRLF, data lines are joined by
 * LF, comments and unknown fields are ignored, an event without data is dropped.
 */
export function createEventParser(): EventParser {
  let rest = "";
  let first = true;
  let event = "";
  let data: string[] = [];
  return function feed(piece) {
    rest += piece;
    if (first && rest !== "") {
      first = false;
      if (rest.startsWith("\uFEFF")) rest = rest.slice(1);
    }
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    const complete: ServerEvent[] = [];
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) complete.push({ event: event === "" ? "message" : event, data: data.join("\n") });
        event = "";
        data = [];
        continue;
      }
      const [name, value] = field(line);
      if (name === "data") data.push(value);
      if (name === "event") event = value;
    }
    return complete;
  };
}

/**
 * The events of a turn, as the bytes arrive. Returns when the stream ends, with or without an `end` event; events of
 * other names are skipped.
 * @throws {Error} when the connection breaks, when a quiet stream lacks even its comments for `quietMs`, or when the data is no JSON
 */
export async function* readTurnEvents(body: ReadableStream<Uint8Array>, quietMs = 45_000): AsyncGenerator<TurnEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const feed = createEventParser();
  try {
    for (;;) {
      const { done, value } = await withinMs(reader.read(), quietMs);
      if (done) return;
      for (const { event, data } of feed(decoder.decode(value, { stream: true }))) {
        if (event === "turn" || event === "text" || event === "end") yield { ...JSON.parse(data), type: event };
      }
    }
  } finally {
    // Also closes the connection when the reader of this generator walks away.
    reader.cancel().catch(() => undefined);
  }
}

function field(line: string): [name: string, value: string] {
  const colon = line.indexOf(":");
  if (colon < 0) return [line, ""];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(" ") ? value.slice(1) : value];
}

async function withinMs<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing arrived for ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
