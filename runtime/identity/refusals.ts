/** Refusals, as the audit log and fail2ban see them. */
import type { AuditEntry } from "../audit/chain.ts";
import type { Foundation } from "../foundation.ts";
import type { Log } from "../log.ts";
import type { Problem } from "../problems.ts";
import type { Throttle } from "./throttle.ts";

export interface Refusals {
  /**
   * A sign-in or a key that failed. Writes the line that fail2ban.conf matches.
   * @param source the sender's address; it goes to the log alone, never to the store
   */
  signIn(problem: Problem, source: string, surface: AuditEntry["surface"]): Promise<Problem>;
  /** Somebody known who may not do what they asked for. */
  request(problem: Problem, who: string, surface: AuditEntry["surface"]): Promise<void>;
}

/**
 * Refusals cost nothing to cause, so of each kind and person only so many a minute reach the audit log. The next one after
 * that minute says how many were left out.
 */
const RECORDS_A_MINUTE = 60;

interface Budget {
  readonly minute: number;
  readonly count: number;
}

export function createRefusals({ ledger, clock }: Foundation, throttle: Throttle, log: Log): Refusals {
  const budgets = new Map<string, Budget>();

  async function record(entry: AuditEntry): Promise<void> {
    const kind = `${entry.action} ${entry.who}`;
    const minute = Math.floor(clock.now() / 60_000);
    const before = budgets.get(kind);
    const count = before?.minute === minute ? before.count + 1 : 1;
    budgets.set(kind, { minute, count });
    if (count > RECORDS_A_MINUTE) return;
    const leftOut = before && before.minute !== minute ? before.count - RECORDS_A_MINUTE : 0;
    // A refusal stands whether or not it can be recorded.
    await ledger.commit([], leftOut > 0 ? { ...entry, sizes: { leftOut } } : entry).catch((error: unknown) => log.warn("a refusal could not be recorded", error));
  }

  return {
    async signIn(problem, source, surface) {
      log.info(`sign-in refused from ${source} (${problem.reason})`);
      try {
        throttle.failed(source);
      } catch (slowDown) {
        return slowDown as Problem;
      }
      await record({ who: "", surface, action: "sign-in", outcome: "refused", reason: problem.reason });
      return problem;
    },
    async request(problem, who, surface) {
      await record({ who, surface, action: "request", outcome: "refused", reason: problem.reason });
    },
  };
}
