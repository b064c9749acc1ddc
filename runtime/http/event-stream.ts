/** Server-sent events (WHATWG HTML, section 9.2), at the reader's pace. */
import { utf8 } from "../crypto/bytes.ts";

export interface ServerEvent {
  /** @default - the field is left out */
  readonly event?: string;
  readonly id?: string;
  readonly data: string;
}

const KEEP_ALIVE_MILLISECONDS = 15_000;

/** The next event is asked for only when the reader has taken the last one. A quiet stream is kept open by comments. */
export function eventStream(events: AsyncGenerator<ServerEvent>, headers: Record<string, string> = {}): Response {
  let next: Promise<IteratorResult<ServerEvent, unknown>> | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        next ??= events.next();
        const result = await orQuiet(next);
        if (result === "quiet") return controller.enqueue(utf8(": \n\n"));
        next = undefined;
        if (result.done) return controller.close();
        controller.enqueue(utf8(encode(result.value)));
      },
      async cancel() {
        // Not awaited: a generator that waits for its next event returns only after it.
        void events.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store", "x-accel-buffering": "no", ...headers } });
}

async function orQuiet<T>(next: Promise<T>): Promise<T | "quiet"> {
  const { promise, resolve } = Promise.withResolvers<"quiet">();
  const timer = setTimeout(() => resolve("quiet"), KEEP_ALIVE_MILLISECONDS);
  try {
    return await Promise.race([next, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function encode({ event, id, data }: ServerEvent): string {
  return `${event === undefined ? "" : `event: ${event}\n`}${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`;
}
