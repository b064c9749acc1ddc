import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { recoverTurns } from "../../runtime/chat/recover.ts";
import { StoreError } from "../../runtime/store/errors.ts";
import { openNodeStore } from "../../runtime/store/node-sqlite.ts";
import { createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";
import { chatter } from "./support/chatter.ts";
import type { Answer, Chatter } from "./support/chatter.ts";
import { failNth, failingStore } from "./support/failing-store.ts";
import type { FailingStore } from "./support/failing-store.ts";

const failures = {
  "is away": () => new StoreError("away", new Error("database is locked")),
  "is full": () => new StoreError("full", new Error("database or disk is full")),
  "fails in a way that nobody foresaw": () => new Error("unforeseen"),
};

const unhandled: unknown[] = [];
const note = (error: unknown) => void unhandled.push(error);

beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", note);
  // Between two attempts to store an answer two seconds pass.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true, advanceTimeDelta: 20 });
});

afterEach(() => {
  vi.useRealTimers();
  process.off("unhandledRejection", note);
});

async function setUp(): Promise<{ app: TestApp; store: FailingStore; ada: Chatter; conversation: string }> {
  const store = failingStore(openNodeStore(":memory:"));
  const app = await createTestApp({ store, env: { HOLDFAST_REQUESTS_PER_MINUTE: "100" } });
  const ada = await chatter(app);
  return { app, store, ada, conversation: (await ada.ask({ text: "zero" })).conversation };
}

/** An answer, or the refusal that a person sees; the app's turns have come to rest when it resolves. */
async function askAndSettle(ada: Chatter, conversation: string): Promise<Answer> {
  const answer = await ada.ask({ update: "u1", conversation, text: "one" });
  while (vi.getTimerCount() > 0) await vi.advanceTimersByTimeAsync(2000);
  return answer;
}

describe.each(["read", "write"] as const)("a store whose n-th %s", (kind) => {
  it.each(Object.entries(failures))("%s: an acknowledged message is there, its turn ends, and the conversation goes on", async (_name, failure) => {
    for (let n = 1; ; n += 1) {
      const { app, store, ada, conversation } = await setUp();
      const fault = failNth(kind, n, failure());
      store.before = fault.before;
      const answer = await askAndSettle(ada, conversation);
      store.before = () => undefined;
      if (!fault.failed()) {
        expect([n > 1, answer.status]).toEqual([true, 200]);
        break;
      }

      const acknowledged = answer.status === 200;
      const during = await ada.turns(conversation);
      expect([n, during.map(({ ask }) => ask)]).toEqual([n, acknowledged ? ["zero", "one"] : ["zero"]]);
      if (acknowledged) expect([n, answer.end["state"]]).toEqual([n, expect.stringMatching(/^(complete|interrupted)$/)]);

      // A turn whose end could not be stored for a reason that waiting does not mend ends at the next start.
      await recoverTurns(app.services.foundation);
      const after = await ada.turns(conversation);
      expect([n, after.map(({ state }) => state).filter((state) => state === "running")]).toEqual([n, []]);
      expect([n, (await ada.ask({ update: "u1", conversation, text: "one" })).status]).toEqual([n, 200]);
      expect([n, (await ada.ask({ conversation, text: "two" })).end["state"]]).toEqual([n, "complete"]);
      expect((await ada.turns(conversation)).map(({ ask }) => ask)).toEqual(["zero", "one", "two"]);
      expect(await app.services.foundation.ledger.verify()).toMatchObject({ intact: true });
    }
    expect(unhandled).toEqual([]);
  });
});
