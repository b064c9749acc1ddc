import { describe, expect, it } from "vitest";
import { openNodeStore } from "../../runtime/store/node-sqlite.ts";
import { createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";
import { chatter, gate, liveEvents, nextEvent, readAnswer } from "./support/chatter.ts";
import type { Chatter } from "./support/chatter.ts";
import { failingStore } from "./support/failing-store.ts";
import type { FailingStore } from "./support/failing-store.ts";

interface Two {
  readonly one: TestApp;
  readonly other: TestApp;
  readonly ada: Chatter;
  /** The same person, at the other process. */
  readonly adaThere: Chatter;
  /** The other process's way to the store. */
  readonly storeThere: FailingStore;
}

async function twoProcesses(): Promise<Two> {
  const store = openNodeStore(":memory:");
  const one = await createTestApp({ store });
  const storeThere = failingStore(store);
  const other = await createTestApp({ beside: one, store: storeThere });
  const ada = await chatter(one);
  return { one, other, ada, adaThere: await chatter(other, ada.person), storeThere };
}

/** Holds the other process's next batch that begins a turn until `open`. */
function holdBegin(storeThere: FailingStore): { readonly reached: Promise<void>; open(): void } {
  const [reached, { held, open }] = [gate(), gate()];
  storeThere.before = async (operation, statements) => {
    if (operation === "write" && statements.some(({ sql }) => sql.startsWith("INSERT INTO inbox"))) {
      reached.open();
      await held;
    }
  };
  return { reached: reached.held, open };
}

describe("two processes on one store", () => {
  it("answer one message of a conversation at a time: the other one is refused as busy", async () => {
    const { one, other, ada, adaThere } = await twoProcesses();
    const { conversation } = await ada.ask({ text: "zero" });
    const { held, open } = gate();
    one.model.script.push(["one", held]);
    const reply = liveEvents(await ada.send({ conversation, text: "one" }));
    await nextEvent(reply, "text");

    const refused = await adaThere.ask({ conversation, text: "two" });
    open();
    await nextEvent(reply, "end");

    expect([refused.status, refused.problem["reason"]]).toEqual([409, "conversation_busy"]);
    expect(other.model.requests).toEqual([]);
    expect(await adaThere.ask({ conversation, text: "two" })).toMatchObject({ status: 200, text: "You said: two" });
  });

  it("handle an update once, whichever it comes to", async () => {
    const { one, other, ada, adaThere, storeThere } = await twoProcesses();
    const { reached, open } = holdBegin(storeThere);
    const there = adaThere.send({ update: "u1", text: "Hello" });
    await reached;
    const here = await ada.ask({ update: "u1", text: "Hello" });
    open();

    expect(await readAnswer(await there)).toEqual(here);
    expect([one.model.requests.length, other.model.requests.length]).toEqual([1, 0]);
  });

  it.each(["message", "retry"])("refuse a %s that was prepared before the other one's turn, and the conversation stays whole", async (kind) => {
    const { ada, adaThere, storeThere } = await twoProcesses();
    const { conversation, turn } = await ada.ask({ text: "zero" });
    const ask = kind === "retry" ? { retry: turn } : { text: "overtaken" };
    const { reached, open } = holdBegin(storeThere);
    const there = adaThere.send({ conversation, ...ask });
    await reached;
    await ada.ask({ conversation, ...(kind === "retry" ? { retry: turn } : { text: "faster" }) });
    open();

    expect(await readAnswer(await there)).toMatchObject({ status: 409, problem: { reason: "conversation_busy" } });
    expect(await ada.ask({ conversation, text: "next" })).toMatchObject({ status: 200, text: "You said: next" });
    expect((await ada.turns(conversation)).map(({ ask: asked }) => asked)).toEqual(kind === "retry" ? ["zero", "zero", "next"] : ["zero", "faster", "next"]);
  });

  it("share the day's limit", async () => {
    const store = openNodeStore(":memory:");
    const env = { HOLDFAST_TOKENS_PER_DAY: "5000" };
    const one = await createTestApp({ store, env });
    const other = await createTestApp({ beside: one, env });
    const ada = await chatter(one);
    const adaThere = await chatter(other, ada.person);
    one.model.script.push(["one", gate().held]);
    const reply = liveEvents(await ada.send({ text: "one" }));
    await nextEvent(reply, "text");

    await adaThere.ask({ text: "two" });

    expect(other.model.requests[0]?.maxOutputTokens).toBeLessThan(5000 - 4096);
  });

  it("keep one audit chain", async () => {
    const { one, ada, adaThere } = await twoProcesses();

    await Promise.all(Array.from({ length: 6 }, (_, index) => (index % 2 === 0 ? ada : adaThere).ask({ text: "Hello" })));

    expect(await one.services.foundation.ledger.verify()).toMatchObject({ intact: true });
  });

  it("take over a conversation whose process is gone once its ten minutes are over", async () => {
    const { one, ada, adaThere } = await twoProcesses();
    one.model.script.push(["lost", gate().held]);
    const reply = liveEvents(await ada.send({ text: "one" }));
    const { id, conversation } = (await nextEvent(reply, "turn")).data;
    one.clock.advance(600_000);
    const early = await adaThere.ask({ conversation, text: "two" });
    one.clock.advance(1);

    expect(early).toMatchObject({ status: 409, problem: { reason: "conversation_busy" } });
    expect(await adaThere.ask({ conversation, text: "two" })).toMatchObject({ status: 200, text: "You said: two" });
    expect(await adaThere.turns(String(conversation))).toMatchObject([{ id, ask: "one", state: "interrupted" }, { ask: "two", state: "complete" }]);
    const [rows = []] = await one.store.read([{ sql: "SELECT reserved FROM usage_days", params: [] }]);
    expect(rows).toEqual([{ reserved: 0 }]);
  });
});
