import { expect, it } from "vitest";
import { readEvents } from "../support/events.ts";
import { createTestApp } from "../support/test-app.ts";

async function firstTurn() {
  const test = await createTestApp();
  const headers = await test.signIn(await test.addPerson("ada"));
  const [turn] = await readEvents(await test.post("/api/messages", { update: "first", text: "Hello" }, headers));
  return { test, headers, conversation: String(turn?.data["conversation"]), turn: String(turn?.data["id"]) };
}

it("the same message twice at once is one turn, and the conversation is free for the next", async () => {
  const { test, headers, conversation } = await firstTurn();
  const twice = await Promise.all([1, 2].map(() => test.post("/api/messages", { update: "second", conversation, text: "And then?" }, headers)));
  const [one = [], other = []] = await Promise.all(twice.map(readEvents));
  expect(other[0]).toEqual(one[0]);
  expect(other.at(-1)?.data).toEqual(one.at(-1)?.data);
  expect(test.model.requests).toHaveLength(2);
  const next = await readEvents(await test.post("/api/messages", { update: "third", conversation, text: "Still there?" }, headers));
  expect(next.at(-1)?.data).toMatchObject({ state: "complete" });
});

it("the same retry twice at once is one turn", async () => {
  const { test, headers, conversation, turn } = await firstTurn();
  const twice = await Promise.all([1, 2].map(() => test.post("/api/messages", { update: "again", conversation, retry: turn }, headers)));
  expect(twice.map(({ status }) => status)).toEqual([200, 200]);
  const [one = [], other = []] = await Promise.all(twice.map(readEvents));
  expect(other[0]).toEqual(one[0]);
  expect(test.model.requests).toHaveLength(2);
});
