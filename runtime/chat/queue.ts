/** One turn at a time for each conversation, in order of arrival. */
import { Problem } from "../problems.ts";

const WAIT_MILLISECONDS = 30_000;
const WAITING_AT_MOST = 8;

export interface TurnQueue {
  /**
   * Waits until no turn of this conversation runs. Call what it returns when the turn is over.
   * @throws {Problem} `conversation_busy` after 30 s, or at once when eight wait already
   */
  enter(conversation: string): Promise<() => void>;
}

export function createTurnQueue(waitMilliseconds = WAIT_MILLISECONDS): TurnQueue {
  /** A conversation is a key while a turn of it runs; its value are those who wait. */
  const waiting = new Map<string, (() => void)[]>();

  function leave(conversation: string): void {
    const next = waiting.get(conversation)?.shift();
    if (next) next();
    else waiting.delete(conversation);
  }

  return {
    enter(conversation) {
      const release = once(() => leave(conversation));
      const line = waiting.get(conversation);
      if (!line) {
        waiting.set(conversation, []);
        return Promise.resolve(release);
      }
      if (line.length >= WAITING_AT_MOST) return Promise.reject(busy());
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          line.splice(line.indexOf(proceed), 1);
          reject(busy());
        }, waitMilliseconds);
        function proceed(): void {
          clearTimeout(timer);
          resolve(release);
        }
        line.push(proceed);
      });
    },
  };
}

export function busy(): Problem {
  return new Problem("conversation_busy", { detail: "one message is answered at a time", fix: "wait for the answer, or stop it", retryAfter: 5 });
}

function once(run: () => void): () => void {
  let ran = false;
  return () => {
    if (ran) return;
    ran = true;
    run();
  };
}
