/**
 * Turns away whoever keeps failing to sign in, by source address. Only failures are turned away: a credential that works is never
 * refused, so nobody can lock another person out. Addresses are kept in memory alone, and forgotten within an hour.
 */
import type { Clock } from "../ports.ts";
import { Problem } from "../problems.ts";

export interface Throttle {
  /** Counts a failure. @throws {Problem} `slow_down` when there were too many from this source */
  failed(source: string): void;
}

const FREE_FAILURES = 5;
const LONGEST_WAIT_SECONDS = 300;
const FORGET_MILLISECONDS = 3_600_000;
const SOURCES = 10_000;

export function createThrottle(clock: Clock): Throttle {
  const failures = new Map<string, { readonly count: number; readonly at: number; readonly until: number }>();
  return {
    failed(source) {
      const now = clock.now();
      const before = failures.get(source);
      if (before && now < before.until) throw slowDown(before.until - now);
      const count = before && now - before.at < FORGET_MILLISECONDS ? before.count + 1 : 1;
      const wait = count <= FREE_FAILURES ? 0 : Math.min(2 ** (count - FREE_FAILURES), LONGEST_WAIT_SECONDS);
      failures.delete(source);
      failures.set(source, { count, at: now, until: now + wait * 1000 });
      const oldest = failures.keys().next();
      if (failures.size > SOURCES && !oldest.done) failures.delete(oldest.value);
    },
  };
}

function slowDown(milliseconds: number): Problem {
  return new Problem("slow_down", { detail: "sign-in failed too often from this address", retryAfter: Math.ceil(milliseconds / 1000) });
}
