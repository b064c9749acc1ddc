/** Gives up on a provider that does not answer: one limit for the first piece, one between pieces, one for the whole answer. */
import { Problem } from "../problems.ts";

export interface Watch {
  /** Aborts when the person stops, or when a limit has passed. */
  readonly signal: AbortSignal;
  sawSomething(): void;
  /** Which limit has passed, if one has. */
  expired(): Problem | undefined;
  end(): void;
}

export interface WatchLimits {
  readonly firstPieceSeconds: number;
  readonly betweenPiecesSeconds: number;
  readonly answerSeconds: number;
}

/** Reasoning models think for a minute before their first word. The whole stays under TURN_MINUTES. */
const usual: WatchLimits = { firstPieceSeconds: 120, betweenPiecesSeconds: 60, answerSeconds: 540 };

export function createWatch(person: AbortSignal, limits = usual): Watch {
  const giveUp = new AbortController();
  let problem: Problem | undefined;

  function limit(seconds: number, detail: string): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      problem = new Problem("model_timeout", { detail, fix: "try again; a provider's status page may say more" });
      giveUp.abort();
    }, seconds * 1000);
  }

  const whole = limit(limits.answerSeconds, `the answer was not over after ${limits.answerSeconds} s`);
  let next = limit(limits.firstPieceSeconds, `nothing came for ${limits.firstPieceSeconds} s`);
  return {
    signal: AbortSignal.any([person, giveUp.signal]),
    sawSomething() {
      clearTimeout(next);
      next = limit(limits.betweenPiecesSeconds, `the answer stood still for ${limits.betweenPiecesSeconds} s`);
    },
    expired: () => problem,
    end() {
      clearTimeout(whole);
      clearTimeout(next);
    },
  };
}
