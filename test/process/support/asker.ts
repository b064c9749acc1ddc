/** Sends messages to a server that may die at any moment, and remembers what the server acknowledged. */
/** One message, and everything that was heard of it. */
export interface Asked {
  readonly update: string;
  readonly text: string;
  /** What the fake model answers to it, whole. */
  readonly expected: string;
  /** The turn that is asked again. @default - a message of its own */
  readonly retryOf?: string;
  conversation: string | undefined;
  /** Set when the `turn` event was read: from then on the message may not be lost. */
  turn: string | undefined;
  /** As much of the answer as was read. */
  seen: string;
  /** Set when the `end` event was read: from then on the answer may not change. */
  end: string | undefined;
  /** Somebody wanted it stopped. */
  stopped: boolean;
}

export function newAsk(text: string, conversation: string | undefined, millisecondsAPiece: number): Asked {
  return { update: crypto.randomUUID(), text: `[[slow ${millisecondsAPiece}]] ${text}`, expected: `You said: ${text}`, conversation, turn: undefined, seen: "", end: undefined, stopped: false };
}

export function askAgain({ text, expected, conversation, turn }: Asked): Asked {
  return { update: crypto.randomUUID(), text, expected, conversation, ...(turn === undefined ? {} : { retryOf: turn }), turn: undefined, seen: "", end: undefined, stopped: false };
}

export interface Asker {
  /**
   * Resolves when the answer has ended or the server has gone; `heard` is called after each event.
   * The same Asked again is the same message: what is known of it is read anew.
   * @throws {Error} when the server refuses
   */
  ask(asked: Asked, heard?: (event: string, data: Record<string, unknown>) => void): Promise<void>;
  /** Its turn must be known. */
  stop(asked: Asked): Promise<void>;
  /** @throws {Error} unless the reply is a 200 */
  get<T>(path: string): Promise<T>;
}

export function createAsker(url: string, key: string): Asker {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  return {
    async ask(asked, heard = () => undefined) {
      const { update, conversation, text, retryOf } = asked;
      const body = JSON.stringify({ update, ...(conversation === undefined ? {} : { conversation }), ...(retryOf === undefined ? { text } : { retry: retryOf }) });
      const response = await fetch(`${url}/api/messages`, { method: "POST", headers, body }).catch(ifGone);
      if (!response) return;
      if (response.status !== 200) throw new Error(`refused with ${response.status}: ${await response.text()}`);
      asked.seen = "";
      for await (const { event, data } of eventsOf(response)) {
        if (event === "turn") [asked.turn, asked.conversation] = [String(data["id"]), String(data["conversation"])];
        if (event === "text") asked.seen += String(data["text"]);
        if (event === "end") asked.end = String(data["state"]);
        heard(event, data);
      }
    },
    async stop(asked) {
      asked.stopped = true;
      await fetch(`${url}/api/turns/${asked.turn}/stop`, { method: "POST", headers }).catch(ifGone);
    },
    async get<T>(path: string): Promise<T> {
      const response = await fetch(url + path, { headers });
      if (response.status !== 200) throw new Error(`GET ${path}: ${response.status}: ${await response.text()}`);
      return (await response.json()) as T;
    },
  };
}

/** Whole events, until the stream ends or breaks off. */
async function* eventsOf({ body }: Response): AsyncGenerator<{ readonly event: string; readonly data: Record<string, unknown> }> {
  let buffered = "";
  try {
    for await (const piece of (body ?? new ReadableStream<Uint8Array<ArrayBuffer>>()).pipeThrough(new TextDecoderStream())) {
      const blocks = (buffered + piece).split("\n\n");
      buffered = blocks.pop() ?? "";
      for (const block of blocks) {
        const [, event, data] = /^event: (\w+)\n(?:id: .*\n)?data: (.*)$/.exec(block) ?? [];
        if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) as Record<string, unknown> };
      }
    }
  } catch (error) {
    ifGone(error);
  }
}

/** undici's words for a connection that a dead process left behind. */
function ifGone(error: unknown): undefined {
  if (!(error instanceof TypeError) || !/fetch failed|terminated/.test(error.message)) throw error;
}
