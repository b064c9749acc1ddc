import { describe, expect, it } from "vitest";
import { recoverTurns } from "../../runtime/chat/recover.ts";
import { expectRefused, hostileStore } from "./hostile-store.ts";
import type { HostileStore } from "./hostile-store.ts";

function read({ fetch, ada }: HostileStore): Promise<Response> {
  return fetch(`/api/conversations/${ada.one}`, { headers: ada.browser });
}

describe("turns that somebody with access to the database", () => {
  it.each([
    ["took away", "DELETE FROM turns WHERE conversation_id = ? AND ask_seq = 2"],
    ["took away from the middle", "DELETE FROM turns WHERE conversation_id = ? AND ask_seq = 0"],
    ["robbed of their answer", "UPDATE turns SET answer_seq = NULL, state = 'interrupted' WHERE conversation_id = ? AND ask_seq = 0"],
    ["gave another question", "UPDATE turns SET ask_seq = 0 WHERE conversation_id = ? AND ask_seq = 2"],
    ["gave another question, as if it had been asked again", "UPDATE turns SET ask_seq = 0, retry_of = (SELECT id FROM turns WHERE conversation_id = ?1 AND ask_seq = 0) WHERE conversation_id = ?1 AND ask_seq = 2"],
    ["gave another answer", "UPDATE turns SET answer_seq = 1 WHERE conversation_id = ? AND ask_seq = 2"],
    ["put in another order", "UPDATE turns SET n = n + 100 WHERE conversation_id = ? AND ask_seq = 0"],
    ["moved to another conversation", "UPDATE turns SET conversation_id = 'elsewhere' WHERE conversation_id = ? AND ask_seq = 2"],
    ["gave to another person", "UPDATE turns SET person_id = 'somebody' WHERE conversation_id = ? AND ask_seq = 2"],
  ])("%s are missed by their conversation", async (_what, sql) => {
    const hostile = await hostileStore();
    await hostile.change(sql, hostile.ada.one);
    await expectRefused(read(hostile), "store_corrupt");
  });

  it("made say that another turn's answer is theirs show neither the answer nor what was sent", async () => {
    const hostile = await hostileStore();
    const { ada, change, rows, fetch } = hostile;
    const [turn] = await rows("SELECT id FROM turns WHERE conversation_id = ? AND ask_seq = 0", ada.one);
    await change("UPDATE turns SET conversation_id = ?, answer_seq = 3 WHERE id = ?", ada.two, turn?.["id"] ?? null);
    await expectRefused(fetch(`/api/turns/${String(turn?.["id"])}/sent`, { headers: ada.browser }), "store_corrupt");
    await expectRefused(fetch(`/api/turns/${String(turn?.["id"])}/events`, { headers: ada.browser }), "store_corrupt");
  });

  it("asked again, and then gave another question, show no answer under it", async () => {
    const hostile = await hostileStore();
    const { ada, change, rows, post } = hostile;
    const [turn] = await rows("SELECT id FROM turns WHERE conversation_id = ? AND ask_seq = 2", ada.one);
    await (await post("/api/messages", { update: "again", conversation: ada.one, retry: turn?.["id"] }, ada.browser)).text();
    expect((await read(hostile)).status).toBe(200);
    await change("UPDATE turns SET ask_seq = 0 WHERE conversation_id = ? AND retry_of IS NOT NULL", ada.one);
    await expectRefused(read(hostile), "store_corrupt");
  });

  it("gave another id, when they were cut off, are missed", async () => {
    const hostile = await hostileStore();
    const { ada, change, model, send, services } = hostile;
    model.script.push([new Promise(() => undefined)]);
    await send(ada, ada.one, "third");
    await recoverTurns(services.foundation);
    expect((await read(hostile)).status).toBe(200);
    await change("UPDATE turns SET id = 'other' WHERE conversation_id = ? AND ask_seq = 4", ada.one);
    await expectRefused(read(hostile), "store_corrupt");
  });

  it("robbed of a message that was sent show no shorter record of what was sent", async () => {
    const { ada, change, rows, fetch } = await hostileStore();
    const [turn] = await rows("SELECT id FROM turns WHERE conversation_id = ? AND ask_seq = 2", ada.one);
    await change("DELETE FROM messages WHERE conversation_id = ? AND seq = 0", ada.one);
    await expectRefused(fetch(`/api/turns/${String(turn?.["id"])}/sent`, { headers: ada.browser }), "store_corrupt");
  });

  it("gave to another person show that person nothing", async () => {
    const { ada, bob, change, rows, fetch } = await hostileStore();
    const [turn] = await rows("SELECT id FROM turns WHERE conversation_id = ? AND ask_seq = 0", ada.one);
    const id = String(turn?.["id"]);
    await change("UPDATE turns SET person_id = ? WHERE id = ?", bob.person.id, id);
    await expectRefused(fetch(`/api/turns/${id}/sent`, { headers: bob.browser }), "store_corrupt");
    await expectRefused(fetch(`/api/turns/${id}/events`, { headers: bob.browser }), "unknown_conversation", 404);
    await expectRefused(fetch(`/api/turns/${id}/sent`, { headers: ada.browser }), "unknown_turn", 404);
  });

  it("pointed to from another person's inbox are not joined", async () => {
    const { ada, bob, change, rows, post } = await hostileStore();
    const [turn] = await rows("SELECT id FROM turns WHERE conversation_id = ? AND ask_seq = 0", ada.one);
    await change("UPDATE inbox SET turn_id = ? WHERE person_id = ? AND update_id = 'Bob-one-1'", turn?.["id"] ?? null, bob.person.id);
    await expectRefused(post("/api/messages", { update: "Bob-one-1", text: "Bob one, first" }, bob.browser), "unknown_turn", 404);
  });

  it("left alone are still there", async () => {
    const hostile = await hostileStore();
    expect(await (await read(hostile)).json()).toMatchObject({ turns: [{ ask: "Ada one, first" }, { ask: "Ada one, second" }] });
  });
});

describe("conversations that somebody with access to the database", () => {
  it("put back to an earlier row are refused: the count does not fit the messages", async () => {
    const hostile = await hostileStore();
    const { ada, change, rows, send } = hostile;
    const [before] = await rows("SELECT messages, sealed FROM conversations WHERE id = ?", ada.one);
    await (await send(ada, ada.one, "third")).text();
    await change("UPDATE conversations SET messages = ?, sealed = ? WHERE id = ?", before?.["messages"] ?? null, before?.["sealed"] ?? null, ada.one);
    await expectRefused(read(hostile), "store_corrupt");
    await expectRefused(send(ada, ada.one, "fourth"), "store_corrupt");
  });

  it.each([
    ["gave another count", "UPDATE conversations SET messages = 2 WHERE id = ?"],
    ["gave the title of another", "UPDATE conversations SET sealed = (SELECT sealed FROM conversations other WHERE other.id <> ?1 AND other.person_id = conversations.person_id) WHERE id = ?1"],
  ])("%s are refused, and not listed", async (_what, sql) => {
    const hostile = await hostileStore();
    const { ada, change, fetch, send } = hostile;
    await change(sql, ada.one);
    await expectRefused(read(hostile), "store_corrupt");
    await expectRefused(send(ada, ada.one, "And then?"), "store_corrupt");
    await expectRefused(fetch("/api/conversations", { headers: ada.browser }), "store_corrupt");
  });

  it("gave to another person are refused to both", async () => {
    const hostile = await hostileStore();
    const { ada, bob, change, fetch, send } = hostile;
    await change("UPDATE conversations SET person_id = ? WHERE id = ?", bob.person.id, ada.one);
    await change("UPDATE turns SET person_id = ? WHERE conversation_id = ?", bob.person.id, ada.one);
    await expectRefused(fetch(`/api/conversations/${ada.one}`, { headers: bob.browser }), "store_corrupt");
    await expectRefused(send(bob, ada.one, "And then?"), "store_corrupt");
    await expectRefused(read(hostile), "unknown_conversation", 404);
  });
});
