/**
 * How long to wait before try number `attempt` (from 0), in milliseconds: half a second, doubled each time, at most
 * half a minute, of which a random half so that many pages do not return at once. `random` is in [0, 1).
 */
export function backoffMs(attempt: number, random: number): number {
  const most = Math.min(500 * 2 ** attempt, 30_000);
  return Math.round(most / 2 + (most / 2) * random);
}
