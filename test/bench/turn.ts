/** One streamed turn, timed from the client. The same code, and the same connection pool, for every variant. */
import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";

export interface Timing {
  /** From sending to the first piece of text. */
  readonly firstTextMs: number;
  /** From sending to the end of the reply. */
  readonly wholeMs: number;
  /** The reply as it came. */
  readonly reply: string;
}

/** Where turns go, and how one looks there. */
export interface Target {
  readonly name: string;
  readonly url: string;
  readonly apiKey: string;
  readonly form: "chat completion" | "message";
  /** @default - each turn begins a conversation */
  readonly conversation?: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

const forms = {
  "chat completion": {
    body: (text: string) => ({ model: "fake-model", stream: true, messages: [{ role: "user", content: text }] }),
    firstText: /"content":"[^"]/u,
    complete: /data: \[DONE\]\s*$/u,
  },
  message: {
    body: (text: string, conversation: string | undefined) => ({ update: randomUUID(), text, ...(conversation === undefined ? {} : { conversation }) }),
    firstText: /^event: text$/mu,
    complete: /^event: end\ndata: \{"state":"complete"/mu,
  },
} as const;

/** @throws {Error} when the reply is not 200, breaks off, or ends in anything but a complete answer */
export async function takeTurn(target: Target, text: string): Promise<Timing> {
  const form = forms[target.form];
  const body = JSON.stringify(form.body(text, target.conversation));
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    accept: "text/event-stream",
    authorization: `Bearer ${target.apiKey}`,
  };
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const sent = request(target.url, { method: "POST", agent, headers }, (response) => {
      let firstTextMs: number | undefined;
      let reply = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        reply += chunk;
        if (firstTextMs === undefined && form.firstText.test(reply)) firstTextMs = performance.now() - began;
      });
      response.on("error", reject);
      response.once("end", () => {
        const wholeMs = performance.now() - began;
        if (response.statusCode === 200 && firstTextMs !== undefined && form.complete.test(reply)) resolve({ firstTextMs, wholeMs, reply });
        else reject(new Error(`${target.name} answered ${response.statusCode}, not a complete turn: ${reply.slice(0, 500)}`));
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The answer in a reply to a message: the text events, joined. */
export function answerIn(reply: string): string {
  const events = reply.split("\n\n").filter((event) => /^event: text$/mu.test(event));
  return events.map((event) => (JSON.parse(/^data: (.*)$/mu.exec(event)?.[1] ?? "{}") as { text?: string }).text ?? "").join("");
}

/** The conversation that a reply to a message belongs to. */
export function conversationIn(reply: string): string {
  const data = /^event: turn\ndata: (.*)$/mu.exec(reply)?.[1] ?? "{}";
  return (JSON.parse(data) as { conversation?: string }).conversation ?? "";
}
