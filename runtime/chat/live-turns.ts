/** Turns that run right now: the answer so far in memory, and whoever reads along. */
import type { ModelInfo } from "../ports.ts";
import type { Submission, TurnEnd, TurnEvent } from "./inbound.ts";

export interface LiveTurn {
  readonly id: string;
  readonly person: string;
  readonly model: ModelInfo;
  readonly conversation: Submission["conversation"];
  readonly signal: AbortSignal;
  /** Characters (UTF-16 code units) of the answer so far. */
  readonly length: number;
  /** The answer so far. */
  text(): string;
  append(text: string): void;
  /** Tells readers that no more comes. Call it once the answer is stored. */
  end(end: TurnEnd): void;
  stop(): void;
  events(after?: number): AsyncGenerator<TurnEvent>;
}

export interface LiveTurns {
  open(turn: Pick<LiveTurn, "id" | "person" | "model" | "conversation">): LiveTurn;
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

function createLiveTurn({ id, person, model, conversation }: Pick<LiveTurn, "id" | "person" | "model" | "conversation">): LiveTurn {
  const abort = new AbortController();
  /** As they came, with the length of the answer after each: joining them for every reader would take quadratic time. */
  const pieces: { readonly text: string; readonly end: number }[] = [];
  let length = 0;
  let ended: TurnEnd | undefined;
  let change = Promise.withResolvers<void>();

  function announce(): void {
    change.resolve();
    change = Promise.withResolvers<void>();
  }

  return {
    id,
    person,
    model,
    conversation,
    signal: abort.signal,
    get length() {
      return length;
    },
    text: () => pieces.map((piece) => piece.text).join(""),
    append(text) {
      if (text === "") return;
      length += text.length;
      pieces.push({ text, end: length });
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
      let offset = Math.min(after, length);
      let next = pieces.findIndex((piece) => piece.end > offset);
      if (next < 0) next = pieces.length;
      for (;;) {
        const changed = change.promise;
        if (next < pieces.length) {
          const text = pieces.slice(next).map((piece) => piece.text).join("").slice(offset - startOf(next));
          next = pieces.length;
          offset += text.length;
          yield { type: "text", text, length: offset };
        } else if (ended) {
          yield { type: "end", end: ended };
          return;
        } else {
          await changed;
        }
      }
    },
  };

  function startOf(index: number): number {
    const piece = pieces[index];
    return piece ? piece.end - piece.text.length : length;
  }
}
