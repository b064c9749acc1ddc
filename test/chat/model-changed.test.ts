/** A message goes where the person was shown that it goes, or nowhere. */
import { expect, it } from "vitest";
import { readEvents } from "../support/events.ts";
import { createTestApp } from "../support/test-app.ts";

async function setUp() {
  const app = await createTestApp();
  const browser = await app.signIn(await app.addPerson("Ada"));
  const { host, name } = app.model.info;
  return { app, browser, shown: { host, name } };
}

it("is taken when the model is the one that was shown, which the answer's stream names", async () => {
  const { app, browser, shown } = await setUp();
  const [turn] = await readEvents(await app.post("/api/messages", { update: "u1", model: shown, text: "Hello" }, browser));
  expect(turn).toMatchObject({ event: "turn", data: { model: app.model.info } });
});

it.each([{ host: "elsewhere.test" }, { name: "another" }])("is refused when the model has changed, and nothing is stored or sent: %o", async (change) => {
  const { app, browser, shown } = await setUp();
  const reply = await app.post("/api/messages", { update: "u1", model: { ...shown, ...change }, text: "Hello" }, browser);
  expect([reply.status, await reply.json()]).toMatchObject([409, { reason: "model_changed", fix: "send it again, if it may go there" }]);
  expect(app.model.requests).toEqual([]);
  expect(await (await app.fetch("/api/conversations", { headers: browser })).json()).toEqual({ conversations: [] });
});

it("is refused for a message that is asked again, too", async () => {
  const { app, browser, shown } = await setUp();
  const [turn] = await readEvents(await app.post("/api/messages", { update: "u1", model: shown, text: "Hello" }, browser));
  const retry = { update: "u2", conversation: turn?.data["conversation"], retry: turn?.data["id"], model: { ...shown, host: "elsewhere.test" } };
  expect((await app.post("/api/messages", retry, browser)).status).toBe(409);
  expect(app.model.requests).toHaveLength(1);
});

it("does not matter for an update that was taken before: its turn is joined", async () => {
  const { app, browser, shown } = await setUp();
  await readEvents(await app.post("/api/messages", { update: "u1", model: shown, text: "Hello" }, browser));
  const again = await app.post("/api/messages", { update: "u1", model: { ...shown, host: "elsewhere.test" }, text: "Hello" }, browser);
  expect(again.status).toBe(200);
  expect((await readEvents(again)).at(-1)).toMatchObject({ event: "end", data: { state: "complete" } });
});
