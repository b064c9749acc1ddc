/** Turns that run right now: the answer so far in memory, and whoever reads along. */
import type { Submission, TurnEnd, TurnEvent } from "./inbound.ts";

export interface LiveTurn {
  readonly id: string;
  readonly person: string;
  readonly conversation: Submission["conversation"];
  readonly signal: AbortSignal;
  readonly text: string;
  append(text: string): void;
  /** Tells readers that no more comes. Call it once the answer is stored. */
  end(end: TurnEnd): void;
  stop(): void;
  events(after?: number): AsyncGenerator<TurnEvent>;
}

export interface LiveTurns {
  open(turn: Pick<LiveTurn, "id" | "person" | "conversation">): LiveTurn;
  find(id: string): LiveTurn | undefined;
  close(id: string): void;
  all(): LiveTurn[];
}

export function createLiveTurns(): LiveTurns {
  const turns = new Map<string, LiveTurn>();
  return {
    open(turn) {
      const live = createLiveTurn(turn);
      turns.set(turn.id, live);
      return live;
    },
    find: (id) => turns.get(id),
    close(id) {
      turns.delete(id);
    },
    all: () => [...turns.values()],
  };
}

function createLiveTurn({ id, person, conversation }: Pick<LiveTurn, "id" | "person" | "conversation">): LiveTurn {
  const abort = new AbortController();
  let text = "";
  let ended: TurnEnd | undefined;
  let change = Promise.withResolvers<void>();

  function announce(): void {
    change.resolve();
    change = Promise.withResolvers<void>();
  }

  return {
    id,
    person,
    conversation,
    signal: abort.signal,
    get text() {
      return text;
    },
    append(piece) {
      text += piece;
      announce();
    },
    end(end) {
      ended = end;
      announce();
    },
    stop() {
      abort.abort();
    },
    // Each reader takes what has come since its last look, so a slow one costs no memory and holds up nobody.
    async *events(after = 0) {
      let offset = Math.min(after, text.length);
      for (;;) {
        const next = change.promise;
        if (offset < text.length) {
          const piece = text.slice(offset);
          offset = text.length;
          yield { type: "text", text: piece, length: offset };
        } else if (ended) {
          yield { type: "end", end: ended };
          return;
        } else {
          await next;
        }
      }
    },
  };
}
