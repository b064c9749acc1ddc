import type { Clock } from "../../runtime/ports.ts";

/** A clock that stands still until it is told to go on. */
export function testClock(start = "2026-11-22T12:00:00Z"): Clock & { advance(milliseconds: number): void } {
  let now = Date.parse(start);
  return {
    now: () => now,
    advance(milliseconds) {
      now += milliseconds;
    },
  };
}
