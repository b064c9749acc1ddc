/**
 * kill -9 at random moments. What the kernel had taken survives that, so this proves the order in which things are stored and told,
 * not that the disk keeps what it was given. 200 times; 10,000 times with HOLDFAST_TEST_LONG=1, or as many as HOLDFAST_TEST_KILLS
 * says. HOLDFAST_TEST_SEED repeats a run's choices.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { TurnView } from "../../runtime/chat/turn-views.ts";
import { startFakeModel } from "../fakes/model.ts";
import type { FakeModel } from "../fakes/model.ts";
import { runAdmin, startServerProcess, temporaryData } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { checkConversation, createStoreCheck } from "./support/after-crash.ts";
import { askAgain, createAsker, newAsk } from "./support/asker.ts";
import type { Asked, Asker } from "./support/asker.ts";
import { killDuring, killWhileStarting } from "./support/kill.ts";
import { seeded } from "./support/random.ts";

const KILLS = Number(process.env["HOLDFAST_TEST_KILLS"] ?? (process.env["HOLDFAST_TEST_LONG"] === "1" ? 10_000 : 200));
const CONVERSATIONS = 4;
const MESSAGES_A_CONVERSATION = 10;
const seed = Number(process.env["HOLDFAST_TEST_SEED"] ?? Date.now() % 1_000_000);
const random = seeded(seed);

const data = temporaryData();
let fake: FakeModel;
let server: ServerProcess | undefined;
let env: Record<string, string>;

beforeAll(async () => {
  console.log(`kill -9: ${KILLS} times, HOLDFAST_TEST_SEED=${seed}`);
  fake = await startFakeModel();
  env = { HOLDFAST_MODEL_PROVIDER: "openai-compatible", HOLDFAST_MODEL_NAME: "fake-model", HOLDFAST_MODEL_BASE_URL: fake.url, HOLDFAST_REQUESTS_PER_MINUTE: "100000", HOLDFAST_TOKENS_PER_DAY: "1000000000" };
});
afterAll(async () => {
  await server?.stop("SIGKILL");
  await fake.close();
  data.remove();
});

it("a server that is killed at any moment loses no acknowledged message, and leaves every turn complete, stopped or interrupted", { timeout: KILLS * 3_000 }, async () => {
  const key = (await runAdmin(data.path, ["key", "create", "test"])).trim().split("\n").at(-1) ?? "";
  const store = createStoreCheck(data.path);
  /** Every message, by conversation; the first ones are those that go on. */
  const talks: Asked[][] = [];
  let touched: readonly Asked[][] = [];

  async function startAgain(): Promise<{ readonly server: ServerProcess; readonly asker: Asker }> {
    server = await startServerProcess(data.path, env);
    await store.check();
    return { server, asker: createAsker(server.url, key) };
  }

  for (let round = 1; round <= KILLS; round += 1) {
    if (random.next() < 0.1) await killWhileStarting(data.path, env, random);
    const { server: running, asker } = await startAgain();
    for (const talk of new Set([...touched, ...(talks.length > 0 ? [random.pick(talks)] : [])])) await checkConversation(asker, talk);
    await sendAgain(asker, touched);
    await retryOne(asker, touched);

    touched = chooseTalks(talks, round);
    const asked = touched.map((talk, index) => {
      const one = newAsk(`round ${round}, message ${index}: ${"a few words more ".repeat(random.whole(1, 8))}`, conversationOf(talk), random.whole(0, 6));
      talk.push(one);
      return one;
    });
    await killDuring(running, asker, asked, random);
  }

  const { asker } = await startAgain();
  await sendAgain(asker, touched);
  const states = { complete: 0, stopped: 0, interrupted: 0, running: 0 };
  for (const talk of talks) {
    for (const { state } of await checkConversation(asker, talk)) states[state] += 1;
  }
  expect(await countConversations(asker)).toBe(talks.length);
  expect(await runAdmin(data.path, ["audit", "verify"])).toMatch(/^The audit log is intact: \d+ records,/);
  console.log(`kill -9: ${talks.flat().length} messages in ${talks.length} conversations, ${JSON.stringify(states)}, ${store.records} audit records`);
  // With none of one kind, the moments would not have been as different as they should be.
  expect(Math.min(states.complete, states.stopped, states.interrupted)).toBeGreaterThan(KILLS / 40);
});

/** Some conversations that go on, or begin; now and then the same one twice, so that a message waits for its turn. */
function chooseTalks(talks: Asked[][], round: number): Asked[][] {
  const open = talks.filter((talk) => talk.length < MESSAGES_A_CONVERSATION);
  for (let missing = CONVERSATIONS - open.length; missing > 0; missing -= 1) open.push([]);
  const chosen = open.filter(() => round === 1 || random.next() < 0.7);
  for (const talk of chosen) if (talk.length === 0) talks.push(talk);
  const twice = chosen.filter((talk) => conversationOf(talk) !== undefined).slice(0, random.whole(0, 1));
  return [...chosen, ...twice];
}

/** Whoever heard nothing sends the same again. It is one message all the same. */
async function sendAgain(asker: Asker, talks: readonly Asked[][]): Promise<void> {
  await Promise.all([...new Set(talks.flat())].filter(({ turn }) => turn === undefined).map((one) => asker.ask(one)));
}

/** What was cut off can be asked again, and then is answered whole. */
async function retryOne(asker: Asker, talks: readonly Asked[][]): Promise<void> {
  for (const talk of talks) {
    const { turns } = await asker.get<{ turns: TurnView[] }>(`/api/conversations/${conversationOf(talk)}`);
    const newest = turns.at(-1);
    const cutOff = talk.find(({ turn }) => newest?.state === "interrupted" && turn === newest.id);
    if (!cutOff) continue;
    const again = askAgain(cutOff);
    talk.push(again);
    await asker.ask(again);
    expect({ end: again.end, seen: again.seen }).toEqual({ end: "complete", seen: again.expected });
    return;
  }
}

async function countConversations(asker: Asker): Promise<number> {
  for (let [count, before] = [0, ""]; ; ) {
    const page = await asker.get<{ conversations: unknown[]; next?: string }>(`/api/conversations${before}`);
    count += page.conversations.length;
    if (page.next === undefined) return count;
    before = `?before=${page.next}`;
  }
}

function conversationOf(talk: readonly Asked[]): string | undefined {
  return talk.find(({ conversation }) => conversation !== undefined)?.conversation;
}
