/** Planted words, searched for in everything that a real server leaves on the disk and says in its log. */
import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFakeModel } from "../fakes/model.ts";
import type { FakeModel } from "../fakes/model.ts";
import { readEvents, textOf } from "../support/events.ts";
import { runAdmin, startServerProcess, temporaryData } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { filesWith, formsIn } from "./find-text.ts";

const canaries = {
  title: "canary-title-4f8b1c",
  message: "canary-message-9d20e7",
  answer: "canary-answer-71ac3e",
  person: "canary-person-c2d95f",
  keyName: "canary-keyname-08fe6b",
  device: "canary-device-5b3a94",
  providerKey: "canary-providerkey-e6417d",
  system: "canary-system-a90c52",
  earlier: "canary-earlier-2e7f18",
  unkept: "canary-unkept-6c01bd",
};
const planted = Object.values(canaries);

const data = temporaryData();
/** What came back, so that the first test can say that all of it happened. */
const answers: string[] = [];
const statuses: number[] = [];
let model: FakeModel;
let server: ServerProcess;
let fetched: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Response>;

beforeAll(async () => {
  model = await startFakeModel({ apiKey: canaries.providerKey });
  await runAdmin(data.path, ["people", "add", canaries.person, "--role", "owner"]);
  const key = (await runAdmin(data.path, ["key", "create", canaries.keyName, "--person", canaries.person])).trim().split("\n").at(-1) ?? "";
  await runAdmin(data.path, ["model", "set", "--provider", "openai-compatible", "--base-url", model.url, "--name", "fake-model"], { input: `${canaries.providerKey}\n` });
  server = await startServerProcess(data.path);
  const [, link] = /#link=([\w-]+)/.exec(await runAdmin(data.path, ["link", canaries.person])) ?? [];
  planted.push(key, link ?? "", key.replace("holdfast_", ""));

  let cookie = "";
  fetched = (path, body, headers = {}) =>
    fetch(server.url + path, { ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }), headers: { "content-type": "application/json", "user-agent": canaries.device, origin: server.url, cookie, ...headers } });
  const signedIn = await fetched("/api/session", { link });
  cookie = (signedIn.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  planted.push(cookie.split("=")[1] ?? "");

  const events = await readEvents(await fetched("/api/messages", { update: "u1", text: `${canaries.title}\n${canaries.message}` }));
  answers.push(textOf(events));
  const conversation = events[0]?.data["conversation"];
  const answer = Buffer.from(canaries.answer).toString("base64");
  answers.push(textOf(await readEvents(await fetched("/api/messages", { update: "u2", conversation, text: `[[markdown ${answer}]]` }))));
  // Every way in which a provider fails leaves words somewhere.
  for (const directive of ["key-in-error", "status 500", "garbage", "half", "finish error", "redirect http://127.0.0.1:9"]) {
    await readEvents(await fetched("/api/messages", { update: crypto.randomUUID(), conversation, text: `[[${directive}]] ${canaries.message}` }));
  }
  const program = { authorization: `Bearer ${key}`, cookie: "" };
  const messages = [{ role: "system", content: canaries.system }, { role: "user", content: canaries.earlier }, { role: "assistant", content: canaries.earlier }, { role: "user", content: canaries.message }];
  statuses.push((await fetched("/v1/chat/completions", { model: "fake-model", messages, store: true }, program)).status);
  statuses.push((await fetched("/v1/chat/completions", { model: "fake-model", messages: [{ role: "user", content: canaries.unkept }] }, program)).status);
  statuses.push((await fetched(`/api/${canaries.message}`, { text: canaries.message })).status);
  statuses.push((await fetched("/api/session", { link: canaries.message })).status);
});

afterAll(async () => {
  await server.stop();
  await model.close();
  data.remove();
});

describe("what people wrote, and every secret", () => {
  it("reached the provider, and is shown to its person: the words were really there", async () => {
    expect(answers).toEqual([`You said: ${canaries.title}\n${canaries.message}`, canaries.answer]);
    expect(statuses).toEqual([200, 200, 404, 401]);
    expect(JSON.stringify(model.requests.map(({ body }) => body))).toContain(canaries.message);
    expect(model.requests[0]?.headers.authorization).toBe(`Bearer ${canaries.providerKey}`);
    expect(await (await fetched("/api/conversations")).text()).toContain(canaries.title);
    expect(await (await fetched("/api/sessions")).text()).toContain(canaries.device);
    expect(await (await fetched("/api/me")).text()).toContain(canaries.person);
    expect(planted.filter((text) => text.length < 16)).toEqual([]);
    expect(new Set(planted).size).toBe(14);
  });

  it("are nowhere in the data directory while the server runs", () => {
    expect(readdirSync(data.path).toSorted()).toEqual(expect.arrayContaining(["keyring.json", "keys", "running.json", "store.sqlite", "store.sqlite-shm", "store.sqlite-wal"]));
    expect(filesWith(data.path, planted)).toEqual([]);
  });

  it("are nowhere after a checkpoint", () => {
    const database = new DatabaseSync(join(data.path, "store.sqlite"));
    expect(database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()).toMatchObject({ busy: 0 });
    database.close();
    expect(filesWith(data.path, planted)).toEqual([]);
  });

  it("are nowhere in the log, nor in the log of admin commands", async () => {
    const log = Buffer.from(server.output());
    expect(log.includes("sign-in refused from 127.0.0.1 (link_invalid)")).toBe(true);
    expect(planted.flatMap((text) => formsIn(log, text))).toEqual([]);
    const shown = Buffer.from((await Promise.all([["audit", "show"], ["model", "show"], ["audit", "verify"]].map((command) => runAdmin(data.path, command)))).join("\n"));
    expect(planted.flatMap((text) => formsIn(shown, text))).toEqual([]);
  });

  it("are nowhere once the server has ended", async () => {
    expect(await server.stop()).toBe(0);
    expect(filesWith(data.path, planted)).toEqual([]);
  });

  it("would be found: one that is planted is", () => {
    appendFileSync(join(data.path, "audit-heads.jsonl"), Buffer.from(`..${canaries.message}..`).toString("base64"));
    expect(filesWith(data.path, planted)).toEqual([`audit-heads.jsonl: base64 ${canaries.message}`, `audit-heads.jsonl: base64url ${canaries.message}`]);
  });
});
