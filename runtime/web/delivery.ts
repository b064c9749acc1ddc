import { NEW } from "./address.ts";
import type { Api, Reply } from "./api.ts";
import { backoffMs } from "./backoff.ts";
import type { Message, ShownModel, TurnEvent } from "./contract.ts";
import { threadOf, type Action, type State } from "./state.ts";
import type { Store } from "./store.ts";
import type { Outgoing, ThreadAction } from "./thread.ts";

/** What delivery needs from the browser. */
export interface Surroundings {
  now(): number;
  random(): number;
  uuid(): string;
  /** Resolves after `ms`, sooner when the connection may be back, at once when `signal` aborts. Never rejects. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/** Brings messages to the server and answers back, through lost connections, exactly once. */
export interface Delivery {
  send(thread: string, text: string): void;
  /** Asks the message of the thread's newest turn again. */
  retry(thread: string): void;
  /** Goes on with a turn that is running on the server, from what has arrived of its answer. */
  follow(thread: string, turn: string): void;
  /** Ends the answer that is being written; what has arrived stays. */
  stop(thread: string): void;
  /** Gives up on a message that has not got through, and puts it back where it was typed. */
  takeBack(thread: string): void;
  /** Tries a lost connection now. */
  hurry(thread: string): void;
  /** Closes every connection; turns go on at the server. */
  closeAll(): void;
}

interface Job {
  thread: string;
  message?: Message;
  turn?: string;
  readonly cancel: AbortController;
  hurry: AbortController;
}

/** How long text is gathered before it is shown: about two frames. */
const GATHER_MS = 32;

export function createDelivery(api: Api, store: Store<State, Action>, around: Surroundings): Delivery {
  const jobs = new Map<string, Job>();
  const tell = (job: Job, action: ThreadAction) => {
    if (jobs.get(job.thread) === job) store.dispatch({ type: "thread", thread: job.thread, action });
  };

  function begin(thread: string, message: Message, outgoing: Outgoing): void {
    if (jobs.has(thread)) return;
    const job: Job = { thread, message, cancel: new AbortController(), hurry: new AbortController() };
    jobs.set(thread, job);
    tell(job, { type: "sending", outgoing });
    void run(job);
  }

  async function run(job: Job): Promise<void> {
    for (let attempt = 0; !job.cancel.signal.aborted; attempt++) {
      const reply = await connect(job);
      if (reply.ok) {
        tell(job, { type: "line", line: { kind: "open" } });
        const outcome = await read(job, reply.value);
        if (outcome === "ended") break;
        if (outcome === "moved_on") attempt = 0;
      } else if (!worthAnotherTry(job, reply.status)) {
        fail(job, reply);
        break;
      }
      await wait(job, attempt);
    }
    if (jobs.get(job.thread) === job) jobs.delete(job.thread);
  }

  function connect(job: Job): Promise<Reply<AsyncIterable<TurnEvent>>> {
    if (job.turn !== undefined) return api.events(job.turn, arrived(job.thread, job.turn), job.cancel.signal);
    if (job.message !== undefined) return api.send(job.message, job.cancel.signal);
    throw new Error("a job needs a message or a turn");
  }

  /** "moved_on": the connection ended early, but brought something. */
  async function read(job: Job, events: AsyncIterable<TurnEvent>): Promise<"ended" | "moved_on" | "nothing"> {
    let outcome: "moved_on" | "nothing" = "nothing";
    let gathered = "";
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      clearTimeout(timer);
      timer = undefined;
      if (gathered !== "" && job.turn !== undefined) tell(job, { type: "text", turn: job.turn, text: gathered });
      gathered = "";
    };
    try {
      for await (const event of events) {
        if (job.cancel.signal.aborted) return "ended";
        outcome = "moved_on";
        if (event.type === "text") {
          gathered += event.text;
          timer ??= setTimeout(show, GATHER_MS);
          continue;
        }
        show();
        if (event.type === "turn") began(job, event);
        else if (job.turn !== undefined) {
          tell(job, { type: "ended", turn: job.turn, end: event });
          return "ended";
        }
      }
    } catch {
      // A broken connection is an ordinary outcome here: the caller connects again and goes on where this one ended.
    } finally {
      show();
    }
    return outcome;
  }

  function began(job: Job, event: Extract<TurnEvent, { type: "turn" }>): void {
    if (job.turn !== undefined) return;
    const thread = job.thread;
    jobs.delete(thread);
    job.thread = event.conversation;
    jobs.set(job.thread, job);
    store.dispatch({ type: "turn_began", thread, id: event.conversation, title: event.title, at: new Date(around.now()).toISOString() });
    job.turn = event.id;
    tell(job, { type: "began", turn: event.id, title: event.title, model: event.model });
    if (threadOf(store.state(), job.thread).live?.stopping === true) void stopTurn(job.thread, event.id);
  }

  /** The model that the page shows at this moment, and that a message goes to or nowhere. */
  function shown(): { model?: ShownModel } {
    const { access } = store.state();
    if (access.kind !== "signed_in") return {};
    const { host, name } = access.me.model;
    return { model: { host, name } };
  }

  /** The model was changed while the page showed another one: it shows the new one, and the person decides. */
  async function showModel(): Promise<void> {
    const reply = await api.me();
    if (reply.ok) store.dispatch({ type: "signed_in", me: reply.value });
  }

  function fail(job: Job, reply: Extract<Reply<unknown>, { ok: false }>): void {
    const during = job.turn !== undefined ? "resume" : job.message !== undefined && "retry" in job.message ? "retry" : "send";
    tell(job, { type: "failed", setback: { problem: reply.problem, during } });
    if (reply.problem.reason === "model_changed") void showModel();
  }

  async function wait(job: Job, attempt: number): Promise<void> {
    const ms = backoffMs(attempt, around.random());
    tell(job, { type: "line", line: { kind: "lost", attempt, nextTryAt: around.now() + ms } });
    job.hurry = new AbortController();
    await around.pause(ms, AbortSignal.any([job.cancel.signal, job.hurry.signal]));
  }

  async function stopTurn(thread: string, turn: string): Promise<void> {
    const reply = await api.stop(turn);
    if (reply.ok || reply.status === 401) return;
    store.dispatch({ type: "thread", thread, action: { type: "failed", setback: { problem: reply.problem, during: "stop" } } });
  }

  function arrived(thread: string, turn: string): number {
    return threadOf(store.state(), thread).turns.find(({ id }) => id === turn)?.answer?.length ?? 0;
  }

  function takeBack(thread: string): void {
    const job = jobs.get(thread);
    if (job === undefined || job.turn !== undefined) return;
    store.dispatch({ type: "thread", thread, action: { type: "taken_back" } });
    jobs.delete(thread);
    job.cancel.abort();
  }

  function closeAll(): void {
    for (const job of jobs.values()) job.cancel.abort();
    jobs.clear();
  }

  return {
    send(thread, text) {
      const update = around.uuid();
      const message: Message = { update, ...shown(), text, ...(thread === NEW ? {} : { conversation: thread }) };
      begin(thread, message, { update, text, at: new Date(around.now()).toISOString(), line: { kind: "open" }, stopping: false });
    },
    retry(thread) {
      const last = threadOf(store.state(), thread).turns.at(-1);
      if (last === undefined) return;
      const update = around.uuid();
      const at = new Date(around.now()).toISOString();
      begin(thread, { update, ...shown(), retry: last.id, conversation: thread }, { update, text: last.ask, at, retry: last.id, line: { kind: "open" }, stopping: false });
    },
    follow(thread, turn) {
      if (jobs.has(thread)) return;
      const job: Job = { thread, turn, cancel: new AbortController(), hurry: new AbortController() };
      jobs.set(thread, job);
      tell(job, { type: "following", turn });
      void run(job);
    },
    stop(thread) {
      const { live, outgoing } = threadOf(store.state(), thread);
      if (live?.stopping === true || (live === undefined && outgoing === undefined)) return;
      if (outgoing?.line.kind === "lost") return takeBack(thread);
      store.dispatch({ type: "thread", thread, action: { type: "stopping" } });
      if (live !== undefined) void stopTurn(thread, live.turn);
    },
    takeBack,
    hurry: (thread) => jobs.get(thread)?.hurry.abort(),
    closeAll,
  };
}

/**
 * A request that did not get through is tried again: the same update is the same message. So is one that a proxy
 * answered for a server that is away, and, for a turn that has begun, whatever the server's trouble is: the answer is there.
 */
function worthAnotherTry(job: Job, status: number): boolean {
  return status === 0 || status === 502 || status === 504 || (job.turn !== undefined && (status >= 500 || status === 429));
}
