import { describe, expect, it } from "vitest";
import { recoverTurns } from "../../runtime/chat/recover.ts";
import { createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";
import { chatter, gate, liveEvents, nextEvent } from "./support/chatter.ts";

/** Leaves `count` turns running, as a crash does. */
async function crash(count: number): Promise<{ app: TestApp; restarted: TestApp; ada: Awaited<ReturnType<typeof chatter>>; turns: string[]; conversations: string[] }> {
  const app = await createTestApp({ env: { HOLDFAST_REQUESTS_PER_MINUTE: "1000", HOLDFAST_TOKENS_PER_DAY: "1000000" } });
  const before = await chatter(app);
  const [turns, conversations]: [string[], string[]] = [[], []];
  for (let index = 0; index < count; index += 1) {
    app.model.script.push(["lost", gate().held]);
    const { data } = await nextEvent(liveEvents(await before.send({ text: `Message ${index}` })), "turn");
    turns.push(String(data["id"]));
    conversations.push(String(data["conversation"]));
  }
  const restarted = await createTestApp({ beside: app });
  return { app, restarted, ada: await chatter(restarted, before.person), turns, conversations };
}

describe("after a crash", () => {
  it("every turn that ran is interrupted, however many there were, and every message is there", async () => {
    const { restarted, ada, turns, conversations } = await crash(51);

    expect(await recoverTurns(restarted.services.foundation)).toBe(51);

    for (const [index, conversation] of conversations.entries()) {
      expect(await ada.turns(conversation)).toMatchObject([{ id: turns[index], ask: `Message ${index}`, state: "interrupted", problem: { reason: "crashed" } }]);
    }
  });

  it("what was reserved for answers is given back; the questions stay counted, since they were sent", async () => {
    const { app, restarted } = await crash(2);
    const row = async () => (await app.store.read([{ sql: "SELECT input_tokens, output_tokens, reserved FROM usage_days", params: [] }]))[0]?.[0];
    const before = await row();

    await recoverTurns(restarted.services.foundation);

    expect(before).toMatchObject({ output_tokens: 0, reserved: 2 * 4096 });
    expect(await row()).toEqual({ input_tokens: before?.["input_tokens"], output_tokens: 0, reserved: 0 });
  });

  it("the audit log says so of each turn, and its chain holds", async () => {
    const { restarted, ada, turns } = await crash(2);

    await recoverTurns(restarted.services.foundation);

    const rows = (await restarted.services.foundation.ledger.page(0, 100)).map(({ record }) => JSON.parse(record) as Record<string, unknown>);
    expect(rows.slice(-2).map(({ who, surface, action, outcome, reason, target }) => ({ who, surface, action, outcome, reason, target }))).toEqual(
      turns.map((target) => ({ who: ada.person.id, surface: "system", action: "message.ended", outcome: "interrupted", reason: "crashed", target })),
    );
    expect(await restarted.services.foundation.ledger.verify()).toMatchObject({ intact: true });
  });

  it("a conversation takes the next message, without the question that got no answer", async () => {
    const { restarted, ada, conversations } = await crash(1);
    await recoverTurns(restarted.services.foundation);

    const next = await ada.ask({ conversation: conversations[0], text: "Are you there?" });

    expect(next).toMatchObject({ text: "You said: Are you there?", end: { state: "complete" } });
    expect(restarted.model.requests[0]?.messages).toEqual([{ role: "user", text: "Are you there?" }]);
  });

  it("a resumed stream ends at once, with the reason", async () => {
    const { restarted, ada, turns } = await crash(1);
    await recoverTurns(restarted.services.foundation);

    expect(await ada.resume(turns[0] ?? "")).toMatchObject({ text: "", end: { state: "interrupted", problem: { reason: "crashed", title: "the server stopped in the middle of the answer" } } });
  });

  it("there is nothing to do the second time", async () => {
    const { restarted } = await crash(1);
    await recoverTurns(restarted.services.foundation);
    const head = await restarted.services.foundation.ledger.head();

    expect(await recoverTurns(restarted.services.foundation)).toBe(0);
    expect(await restarted.services.foundation.ledger.head()).toEqual(head);
  });
});
