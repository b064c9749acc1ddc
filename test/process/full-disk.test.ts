import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TurnView } from "../../runtime/chat/turn-views.ts";
import { startFakeModel } from "../fakes/model.ts";
import type { FakeModel } from "../fakes/model.ts";
import { runAdmin, spawnServer, untilItListens } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { checkConversation } from "./support/after-crash.ts";
import { createAsker, newAsk } from "./support/asker.ts";
import type { Asked, Asker } from "./support/asker.ts";
import { refusedStart } from "./support/refused-start.ts";
import { mountSmallDisk, noSmallDisk } from "./support/small-disk.ts";
import type { SmallDisk } from "./support/small-disk.ts";

const noDisk = noSmallDisk();
if (noDisk !== undefined) console.warn(`skipped: ${noDisk}`);

describe.skipIf(noDisk !== undefined)("on a disk that is full", () => {
  let fake: FakeModel;
  let disk: SmallDisk;
  let server: ServerProcess;
  let asker: Asker;
  let key: string;

  const args = () => ({ cwd: "/", through: disk.through, env: { HOLDFAST_MODEL_PROVIDER: "openai-compatible", HOLDFAST_MODEL_NAME: "fake-model", HOLDFAST_MODEL_BASE_URL: fake.url } });

  async function start(): Promise<void> {
    server = await untilItListens(spawnServer(disk.path, args()));
    asker = createAsker(server.url, key);
  }

  beforeAll(async () => {
    fake = await startFakeModel();
  });
  afterAll(() => fake.close());
  beforeEach(async () => {
    disk = await mountSmallDisk("2m");
    key = (await runAdmin(disk.path, ["key", "create", "test"], { through: disk.through })).trim().split("\n").at(-1) ?? "";
    await start();
  });
  afterEach(async () => {
    await server.stop("SIGKILL");
    disk.remove();
  });

  async function complete(asked: Asked): Promise<Asked> {
    await asker.ask(asked);
    expect({ end: asked.end, seen: asked.seen }).toEqual({ end: "complete", seen: asked.expected });
    return asked;
  }

  it("a message is refused as storage_full and not sent to the model, what was there is read, and it works again once there is room", async () => {
    const before = await complete(newAsk("Before", undefined, 0));
    disk.fill();
    const sent = fake.requests.length;
    const response = await fetch(`${server.url}/api/messages`, { method: "POST", headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, body: JSON.stringify({ update: "full", conversation: before.conversation, text: "x".repeat(20_000) }) });
    expect([response.status, response.headers.get("retry-after"), await response.json()]).toEqual([
      507,
      "60",
      { type: "urn:holdfast:problem:storage_full", title: "the disk is full", status: 507, reason: "storage_full", detail: "nothing of this request was stored", fix: "free some space on the server's disk", retryAfter: 60 },
    ]);
    expect(fake.requests).toHaveLength(sent);
    expect(await checkConversation(asker, [before])).toHaveLength(1);
    disk.makeRoom();
    const after = await complete(newAsk("After", before.conversation, 0));
    expect(await checkConversation(asker, [before, after])).toHaveLength(2);
  });

  it("an answer that was under way is not called complete before it is stored, and is stored once there is room", async () => {
    const asked = newAsk("a few words to say again ".repeat(400), undefined, 1);
    let problem: unknown;
    await asker.ask(asked, (event, data) => {
      if (event === "turn") disk.fill();
      if (event === "end") ({ problem } = data);
    });
    expect({ end: asked.end, seen: asked.seen, problem }).toEqual({ end: "interrupted", seen: asked.expected, problem: { reason: "storage_full", title: "the disk is full", detail: "the answer could not be stored yet; it will be, once there is room", fix: "free some space on the server's disk, and keep a copy of the answer until then" } });
    disk.makeRoom();
    const stored = async () => (await asker.get<{ turns: TurnView[] }>(`/api/conversations/${asked.conversation}`)).turns.map(({ state, answer }) => ({ state, answer }));
    await expect.poll(stored, { timeout: 10_000 }).toEqual([{ state: "complete", answer: asked.expected }]);
  });

  it("after a crash the server says that it needs room, and has everything once it gets it", async () => {
    const before = await complete(newAsk("Before", undefined, 0));
    const cutOff = newAsk("a few words to say again ".repeat(400), undefined, 5);
    await asker.ask(cutOff, (event) => event === "turn" && server.process.kill("SIGKILL"));
    disk.fill();
    const { code, stderr } = await refusedStart(disk.path, args());
    expect({ code, stderr }).toEqual({ code: 1, stderr: `holdfast did not start: the disk of ${disk.path} is full: free some space and start again; nothing was lost\n` });
    disk.makeRoom();
    await start();
    expect(await checkConversation(asker, [before])).toMatchObject([{ state: "complete" }]);
    expect(await checkConversation(asker, [cutOff])).toMatchObject([{ state: "interrupted" }]);
    expect(await runAdmin(disk.path, ["audit", "verify"], { through: disk.through })).toContain("The audit log is intact");
  });
});
