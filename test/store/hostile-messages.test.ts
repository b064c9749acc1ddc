import { describe, expect, it } from "vitest";
import { expectRefused, hostileStore } from "./hostile-store.ts";
import type { HostileStore, Somebody } from "./hostile-store.ts";

/** Reading the conversation, asking on in it, and asking its newest turn again: none of it works, and the model hears nothing. */
async function expectNoUse(hostile: HostileStore, who: Somebody, conversation: string): Promise<void> {
  const asked = hostile.model.requests.length;
  await expectRefused(hostile.fetch(`/api/conversations/${conversation}`, { headers: who.browser }), "store_corrupt");
  await expectRefused(hostile.send(who, conversation, "And then?"), "store_corrupt");
  expect(hostile.model.requests).toHaveLength(asked);
}

const SWAP_SEALED = `UPDATE messages SET sealed = (SELECT other.sealed FROM messages other WHERE other.conversation_id = ?1 AND other.seq = ?2)
                     WHERE conversation_id = ?3 AND seq = ?4`;

describe("messages that somebody with access to the database", () => {
  it("swapped within a conversation, question for question, are refused", async () => {
    const hostile = await hostileStore();
    const { ada, change } = hostile;
    await change(SWAP_SEALED, ada.one, 0, ada.one, 2);
    await expectNoUse(hostile, ada, ada.one);
  });

  it("replaced by ones of another conversation of the same person are refused", async () => {
    const hostile = await hostileStore();
    const { ada, change } = hostile;
    await change(SWAP_SEALED, ada.two, 3, ada.one, 3);
    await expectNoUse(hostile, ada, ada.one);
  });

  it("replaced by another person's are refused", async () => {
    const hostile = await hostileStore();
    const { ada, bob, change } = hostile;
    await change(SWAP_SEALED, ada.one, 3, bob.one, 3);
    await expectNoUse(hostile, bob, bob.one);
  });

  it("moved whole into another conversation of the same person are refused", async () => {
    const hostile = await hostileStore();
    const { ada, change } = hostile;
    await change("DELETE FROM messages WHERE conversation_id = ?", ada.two);
    await change("UPDATE messages SET conversation_id = ? WHERE conversation_id = ?", ada.two, ada.one);
    await expectNoUse(hostile, ada, ada.two);
  });

  it.each([
    ["role", "UPDATE messages SET role = 'assistant' WHERE conversation_id = ? AND seq = 2"],
    ["turn", "UPDATE messages SET turn_id = (SELECT turn_id FROM messages WHERE seq = 0 AND conversation_id = ?1) WHERE conversation_id = ?1 AND seq = 2"],
    ["number", "UPDATE messages SET seq = CASE seq WHEN 2 THEN 30 ELSE seq END WHERE conversation_id = ?"],
  ])("gave another %s are refused", async (_what, sql) => {
    const hostile = await hostileStore();
    await hostile.change(sql, hostile.ada.one);
    await expectNoUse(hostile, hostile.ada, hostile.ada.one);
  });

  it("put in another order are refused", async () => {
    const hostile = await hostileStore();
    const { ada, change } = hostile;
    await change("UPDATE messages SET seq = -1 - seq WHERE conversation_id = ?", ada.one);
    await change("UPDATE messages SET seq = CASE seq WHEN -1 THEN 2 WHEN -3 THEN 0 ELSE -1 - seq END WHERE conversation_id = ?", ada.one);
    await expectNoUse(hostile, ada, ada.one);
  });

  it.each([["last", 3], ["one in the middle", 1], ["last question", 2]])("took away, the %s, are missed", async (_which, seq) => {
    const hostile = await hostileStore();
    await hostile.change("DELETE FROM messages WHERE conversation_id = ? AND seq = ?", hostile.ada.one, seq);
    await expectNoUse(hostile, hostile.ada, hostile.ada.one);
  });

  it("took away with the turn that holds them are missed", async () => {
    const hostile = await hostileStore();
    const { ada, change } = hostile;
    await change("DELETE FROM messages WHERE conversation_id = ? AND seq >= 2", ada.one);
    await change("DELETE FROM turns WHERE conversation_id = ? AND ask_seq = 2", ada.one);
    await expectNoUse(hostile, ada, ada.one);
  });

  it("added at the end are refused", async () => {
    const hostile = await hostileStore();
    const { ada, change, send } = hostile;
    await change("INSERT INTO messages SELECT conversation_id, 4, turn_id, role, created_at, tokens, sealed FROM messages WHERE conversation_id = ? AND seq = 2", ada.one);
    await expectRefused(send(ada, ada.one, "And then?"), "store_corrupt");
  });

  it("made of nothing are refused", async () => {
    const hostile = await hostileStore();
    await hostile.change("UPDATE messages SET sealed = zeroblob(60) WHERE conversation_id = ? AND seq = 3", hostile.ada.one);
    await expectNoUse(hostile, hostile.ada, hostile.ada.one);
  });

  it("left alone are still there", async () => {
    const { ada, change, fetch } = await hostileStore();
    await change("DELETE FROM messages WHERE conversation_id = ? AND seq = 3", ada.one);
    const page = await (await fetch(`/api/conversations/${ada.two}`, { headers: ada.browser })).json();
    expect(page).toMatchObject({ turns: [{ answer: "You said: Ada two, first" }, { answer: "You said: Ada two, second" }] });
  });
});
