/**
 * The path of every message, whatever channel it came through:
 * queue -> context window -> limits -> stored -> model -> stored -> channel.
 */
import type { Foundation } from "../foundation.ts";
import type { Model, Person } from "../ports.ts";
import { Problem } from "../problems.ts";
import { ConstraintError, StoreError } from "../store/errors.ts";
import { takeAnswer } from "./answer.ts";
import { turnProblem } from "./inbound.ts";
import type { Inbound, Submission, TurnEnd } from "./inbound.ts";
import { dailyLimit, minuteLimit } from "./limits.ts";
import { createLiveTurns } from "./live-turns.ts";
import type { LiveTurn } from "./live-turns.ts";
import { prepareTurn } from "./prepare.ts";
import type { ChatSettings, PreparedTurn, TurnIds } from "./prepare.ts";
import { busy, createTurnQueue } from "./queue.ts";
import { abandonTurn } from "./recover.ts";
import { beginTurn, endTurn } from "./record-turn.ts";
import { alreadyHandled, replayTurn } from "./replay.ts";

export interface MessagePath {
  /**
   * Resolves once the message is stored; the model is called then, and the turn goes on whether or not anybody reads along.
   * An update that was handled before leads to the turn that it began.
   * @throws {Problem} when the message is refused; nothing was stored
   */
  submit(person: Person, inbound: Inbound): Promise<Submission>;
  /** A turn of this person's, running or ended. @throws {Problem} `unknown_turn` */
  resume(person: Person, turn: string): Promise<Submission>;
  /** The answer ends where it is. No error when it has ended already. @throws {Problem} `unknown_turn` */
  stop(person: Person, turn: string): Promise<void>;
  /** Takes no more messages and waits for the turns in flight; after `milliseconds` it stops them. */
  drain(milliseconds: number): Promise<void>;
}

export interface MessagePathDeps {
  readonly foundation: Foundation;
  readonly settings: ChatSettings;
  /** The model that is configured at this moment. */
  readonly currentModel: () => Promise<Model>;
  /** Errors that nobody is waiting for. */
  readonly report: (error: unknown) => void;
}

/** Between attempts to store an answer while the disk is full. */
const STORE_AGAIN_MILLISECONDS = 2_000;

export function createMessagePath({ foundation, settings, currentModel, report }: MessagePathDeps): MessagePath {
  const { store, ledger, clock } = foundation;
  const queue = createTurnQueue();
  const liveTurns = createLiveTurns();
  /** What must be over before the store may be closed: messages that are being taken in, and turns that run. */
  const inFlight = new Set<Promise<unknown>>();
  let draining = false;

  async function submit(person: Person, inbound: Inbound): Promise<Submission> {
    if (draining) throw shuttingDown();
    const handled = await findHandled(person, inbound);
    if (handled) return join(person, inbound, handled);
    const ids = { turn: crypto.randomUUID(), conversation: "conversation" in inbound.ask && inbound.ask.conversation ? inbound.ask.conversation : crypto.randomUUID() };
    try {
      return submission(await enter(person, inbound, ids));
    } catch (error) {
      // The same update came twice at once, and the other one was faster: its turn is the answer to both.
      const faster = error instanceof Problem || error instanceof ConstraintError ? await findHandled(person, inbound) : undefined;
      if (faster) return join(person, inbound, faster);
      throw error;
    }
  }

  async function enter(person: Person, inbound: Inbound, ids: TurnIds): Promise<LiveTurn> {
    // With the person in its name, nobody waits for a conversation that is not theirs, or learns that it is there.
    const release = await queue.enter(`${person.id}/${ids.conversation}`);
    try {
      if (draining) throw shuttingDown();
      const model = await currentModel();
      checkExpected(inbound, model);
      const turn = await prepareTurn(foundation, settings, model, person, inbound, ids);
      await begin(turn);
      return start(turn, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  async function begin(turn: PreparedTurn): Promise<void> {
    const { changes, entry } = await beginTurn(turn, settings);
    try {
      await ledger.commit(changes, entry);
    } catch (error) {
      if (!(error instanceof ConstraintError)) throw error;
      switch (error.constraint) {
        case "requests_per_minute":
          throw minuteLimit(settings, turn.startedAt);
        case "tokens_per_day":
          throw dailyLimit(settings.tokensPerDay, settings, turn.startedAt);
        case "one_running_turn":
        case "conversation_moved":
          throw busy();
        default:
          throw error;
      }
    }
  }

  /** From here on the turn goes on by itself. */
  function start(turn: PreparedTurn, release: () => void): LiveTurn {
    const live = liveTurns.open({ id: turn.id, person: turn.person, model: turn.model.info, conversation: turn.kept?.conversation });
    void track(
      runTurn(turn, live)
        .catch(report)
        .finally(() => {
          liveTurns.close(turn.id);
          release();
        }),
    );
    return live;
  }

  function track<T>(work: Promise<T>): Promise<T> {
    inFlight.add(work);
    const forget = () => inFlight.delete(work);
    work.then(forget, forget);
    return work;
  }

  async function runTurn(turn: PreparedTurn, live: LiveTurn): Promise<void> {
    const end = await takeAnswer(turn.model, turn.request, live, turn.reservation.inputTokens, report);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { changes, entry } = await endTurn(turn, live.text(), end, clock.now());
        await ledger.commit(changes, entry);
        live.end(end);
        return;
      } catch (error) {
        if (attempt === 1) {
          report(error);
          live.end(notStored(end, error));
        }
        // A full disk or a store that is away may come back; nothing else heals by waiting.
        if (!(error instanceof StoreError) || error.reason === "corrupt") return abandonTurn(foundation, turn.id);
        if (draining) return;
        await new Promise((resolve) => setTimeout(resolve, STORE_AGAIN_MILLISECONDS));
      }
    }
  }

  async function findHandled(person: Person, { channel, update }: Inbound): Promise<string | undefined> {
    const [rows = []] = await store.read([{ sql: "SELECT turn_id FROM inbox WHERE channel = ? AND person_id = ? AND update_id = ?", params: [channel, person.id, update] }]);
    return rows[0] && String(rows[0]["turn_id"]);
  }

  /** Nobody joins an answer that is not kept: it belongs to the request that asked for it, and ends with it. */
  function join(person: Person, { ask }: Inbound, turn: string): Promise<Submission> {
    if (ask.type === "unkept") throw alreadyHandled();
    return resume(person, turn);
  }

  async function resume(person: Person, id: string): Promise<Submission> {
    const live = liveTurns.find(id);
    return live?.person === person.id ? submission(live) : replayTurn(foundation, person, id);
  }

  return {
    submit: (person, inbound) => track(submit(person, inbound)),
    resume,
    async stop(person, id) {
      (await resume(person, id)).stop();
    },
    async drain(milliseconds) {
      draining = true;
      const timer = setInterval(() => liveTurns.all().forEach((live) => live.stop()), milliseconds);
      // A message that was being taken in becomes a turn that runs.
      while (inFlight.size > 0) await Promise.allSettled(inFlight);
      clearInterval(timer);
    },
  };
}

function submission({ id, model, conversation, events, stop }: LiveTurn): Submission {
  return { turn: id, model, ...(conversation ? { conversation: { id: conversation.id, title: conversation.title } } : {}), events, stop };
}

/** The page shows where a message goes before it is sent; when that has changed meanwhile, the person decides again. */
function checkExpected({ expects }: Inbound, { info: { name, host } }: Model): void {
  if (!expects || (expects.host === host && expects.name === name)) return;
  throw new Problem("model_changed", { detail: `the model is ${name} at ${host} now; you were shown ${expects.name} at ${expects.host}`, fix: "send it again, if it may go there" });
}

function shuttingDown(): Problem {
  return new Problem("shutting_down", { detail: "it takes no more messages", fix: "try again in a moment", retryAfter: 5 });
}

function notStored(end: TurnEnd, error: unknown): TurnEnd {
  const problem = error instanceof StoreError && error.reason === "full"
    ? new Problem("storage_full", { detail: "the answer could not be stored yet; it will be, once there is room", fix: "free some space on the server's disk, and keep a copy of the answer until then" })
    : new Problem("internal", { detail: "the answer could not be stored; the server's log says why", fix: "keep a copy of the answer" });
  return { ...end, state: "interrupted", problem: turnProblem(problem) };
}
