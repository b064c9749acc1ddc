/** What every channel promises, whatever its own form is. */
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { Person } from "../../runtime/ports.ts";
import { chatter, gate } from "../chat/support/chatter.ts";
import { ORIGIN, createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";
import { listenFor } from "./support/openai-client.ts";

export interface ChannelUnderTest {
  readonly path: string;
  headers(app: TestApp, person: Person, update: string): Promise<Record<string, string>>;
  /** A message that is kept, and whose answer comes as a stream. */
  body(text: string, update: string): object;
  /** Bodies that are JSON and not a message of this channel. */
  readonly foreign: readonly object[];
  /** The answer's text in a whole reply. */
  textOf(reply: string): string;
  /** What a whole reply ends with. */
  readonly lastLine: RegExp;
  readonly refusalType: string;
  /** The reason of a refusal. */
  reasonOf(refusal: Record<string, unknown>): unknown;
}

const READERS = 200;
const LONGEST_ANSWER = 300_000;

export function channelContract(name: string, channel: ChannelUnderTest): void {
  async function setUp() {
    const app = await createTestApp({ env: { HOLDFAST_REQUESTS_PER_MINUTE: "10" } });
    const ada = await chatter(app);
    const send = async (text: string, update: string = crypto.randomUUID()) => app.post(channel.path, channel.body(text, update), await channel.headers(app, ada.person, update));
    return { app, ada, send };
  }

  describe(`the ${name} channel`, () => {
    it.each(channel.foreign.map((body) => [JSON.stringify(body).slice(0, 100), body]))("refuses what is not its message, in its own form: %s", async (_text, body) => {
      const { app, ada } = await setUp();

      const response = await app.post(channel.path, body, await channel.headers(app, ada.person, "u1"));

      expect([response.status, response.headers.get("content-type"), channel.reasonOf((await response.json()) as Record<string, unknown>)]).toEqual([400, channel.refusalType, "malformed"]);
      expect((await app.store.read([{ sql: "SELECT * FROM inbox", params: [] }, { sql: "SELECT * FROM turns", params: [] }])).flat()).toEqual([]);
      expect(app.model.requests).toEqual([]);
    });

    it("refuses what the path refuses in its own form, and says when to come back", async () => {
      const { app, send } = await setUp();
      for (let count = 0; count < 10; count += 1) await (await send("Hello")).text();

      const response = await send("One too many");

      expect([response.status, response.headers.get("content-type"), response.headers.get("retry-after")]).toEqual([429, channel.refusalType, "60"]);
      expect(channel.reasonOf((await response.json()) as Record<string, unknown>)).toBe("rate_limit");
      expect(app.model.requests).toHaveLength(10);
    });

    it("handles an update once", async () => {
      const { app, send } = await setUp();

      const replies = await Promise.all([1, 2, 3].map(async () => (await send("Hello", "u1")).text()));

      expect(replies.map(channel.textOf)).toEqual(["You said: Hello", "You said: Hello", "You said: Hello"]);
      expect(app.model.requests).toHaveLength(1);
    });

    it("ends its reply when the turn has ended and the answer is stored, and not before", async () => {
      const { app, send } = await setUp();
      const { held, open } = gate();
      app.model.script.push(["One ", held, "two"]);
      const reply = await send("Count");
      let ended = false;
      const read = reply.text().finally(() => (ended = true));
      await expect.poll(() => app.model.requests.length).toBe(1);

      const early = ended;
      open();
      const whole = await read;

      const [[turn] = []] = await app.store.read([{ sql: "SELECT state, answer_seq FROM turns", params: [] }]);
      expect([early, channel.textOf(whole), turn]).toEqual([false, "One two", { state: "complete", answer_seq: 1 }]);
      expect(whole).toMatch(channel.lastLine);
    });

    it("does not stop a kept turn when its reader leaves", async () => {
      const { app, ada, send } = await setUp();
      const { held, open } = gate();
      app.model.script.push(["One ", held, "two"]);
      const reader = (await send("Count")).body?.getReader();
      await reader?.read();
      await reader?.cancel();
      open();

      const [[turn] = []] = await app.store.read([{ sql: "SELECT id FROM turns", params: [] }]);
      await expect.poll(async () => (await ada.resume(String(turn?.["id"]))).text).toBe("One two");
    });

    it("loses nothing to a reader that takes one byte at a time", async () => {
      const { app, ada } = await setUp();
      const text = "Zoë 🦊 ".repeat(500);
      app.model.script.push(text.match(/.{1,7}/gsu) ?? []);
      const { port } = (await listenFor(app)).address() as AddressInfo;

      const reply = await byteByByte(port, channel.path, { ...(await channel.headers(app, ada.person, "u1")), origin: ORIGIN, "content-type": "application/json" }, channel.body("Hello", "u1"));

      expect(channel.textOf(reply) === text).toBe(true);
    });

    it("holds a live answer once, however many slow readers it has", async () => {
      const { app, send } = await setUp();
      const { held, open } = gate();
      const piece = "0123456789abcdef".repeat(250);
      app.model.script.push([held, ...Array.from({ length: LONGEST_ANSWER / piece.length - 1 }, () => piece)]);
      const readers = [];
      for (let count = 0; count < READERS; count += 1) {
        const reader = (await send("Hello", "u1")).body?.getReader();
        await reader?.read();
        readers.push(reader);
      }

      const before = memory();
      open();
      await expect.poll(async () => (await app.store.read([{ sql: "SELECT state FROM turns", params: [] }]))[0]).toEqual([{ state: "complete" }]);
      const grown = memory() - before;

      // Each reader with a copy of its own would take 80 MB.
      expect(grown).toBeLessThan(20 * 1024 * 1024);
      let last = "";
      for (let next = await readers.at(-1)?.read(); next?.done === false; next = await readers.at(-1)?.read()) last += new TextDecoder().decode(next.value);
      expect(channel.textOf(last).length).toBe(LONGEST_ANSWER - piece.length);
    });
  });
}

/** Bytes that are in use after a collection. */
function memory(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function byteByByte(port: number, path: string, headers: Record<string, string>, body: object): Promise<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, method: "POST", headers }, resolve).on("error", reject).end(JSON.stringify(body));
  });
  const bytes: Buffer[] = [];
  const over = new Promise<"over">((resolve) => response.once("end", () => resolve("over")));
  for (;;) {
    const byte = response.read(1) as Buffer | null;
    if (byte) bytes.push(byte);
    else if ((await Promise.race([over, new Promise<"more">((resolve) => response.once("readable", () => resolve("more")))])) === "over") return Buffer.concat(bytes).toString();
  }
}
