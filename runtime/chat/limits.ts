/** Limits and usage. The schema's constraints refuse what would break a limit, so that no two processes can both slip under it. */
import type { Row, Statement, TokenUsage } from "../ports.ts";
import { Problem } from "../problems.ts";

export interface Limits {
  readonly tokensPerDay: number;
  readonly requestsPerMinute: number;
}

/** What a turn takes from its day before the model is called. */
export interface Reservation {
  readonly person: string;
  /** UTC, YYYY-MM-DD. */
  readonly day: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export function dayOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

export function readDay(person: string, day: string): Statement {
  return { sql: "SELECT day, requests, input_tokens, output_tokens, reserved FROM usage_days WHERE person_id = ? AND day = ?", params: [person, day] };
}

export function tokensTaken(row: Row | undefined): number {
  return Number(row?.["input_tokens"] ?? 0) + Number(row?.["output_tokens"] ?? 0) + Number(row?.["reserved"] ?? 0);
}

/** Counts the request against the minute and the day, and reserves its tokens; a constraint fails when a limit would be broken. */
export function reserve({ person, day, inputTokens, outputTokens }: Reservation, limits: Limits, now: number): Statement[] {
  const minute = Math.floor(now / 60_000);
  return [
    { sql: "DELETE FROM usage_minutes WHERE person_id = ? AND minute < ?", params: [person, minute] },
    {
      sql: `INSERT INTO usage_minutes (person_id, minute, requests, cap) VALUES (?, ?, 1, ?)
            ON CONFLICT DO UPDATE SET requests = requests + 1, cap = excluded.cap`,
      params: [person, minute, limits.requestsPerMinute],
    },
    {
      sql: `INSERT INTO usage_days (person_id, day, requests, input_tokens, output_tokens, reserved, cap) VALUES (?, ?, 1, ?, 0, ?, ?)
            ON CONFLICT DO UPDATE SET requests = requests + 1, input_tokens = input_tokens + excluded.input_tokens,
              reserved = reserved + excluded.reserved, cap = excluded.cap`,
      params: [person, day, inputTokens, outputTokens, limits.tokensPerDay],
    },
  ];
}

/** Replaces the reservation of a turn that runs by what was used; of one that has ended already, nothing is counted again. A provider that ignored the reservation may overdraw the day; that is counted, not refused. */
export function settle(turn: string, reservation: Reservation, usage: TokenUsage): Statement {
  const input = usage.inputTokens - reservation.inputTokens;
  return {
    sql: `UPDATE usage_days SET input_tokens = MAX(0, input_tokens + ?1), output_tokens = output_tokens + ?2, reserved = MAX(0, reserved - ?3),
            cap = MAX(cap, MAX(0, input_tokens + ?1) + output_tokens + ?2 + MAX(0, reserved - ?3)) WHERE person_id = ?4 AND day = ?5
            AND EXISTS (SELECT 1 FROM turns WHERE id = ?6 AND state = 'running')`,
    params: [input, usage.outputTokens, reservation.outputTokens, reservation.person, reservation.day, turn],
  };
}

export function dailyLimit(taken: number, limits: Limits, now: number): Problem {
  const midnight = new Date(`${dayOf(now)}T00:00:00Z`).getTime() + 86_400_000;
  return new Problem("daily_limit", {
    detail: `${taken} of ${limits.tokensPerDay} tokens are used; the count starts again at ${new Date(midnight).toISOString()}`,
    fix: "ask the owner to raise HOLDFAST_TOKENS_PER_DAY",
    retryAfter: Math.ceil((midnight - now) / 1000),
  });
}

export function minuteLimit(limits: Limits, now: number): Problem {
  return new Problem("rate_limit", { detail: `${limits.requestsPerMinute} messages a minute are allowed`, fix: "wait a moment", retryAfter: 60 - (Math.floor(now / 1000) % 60) });
}
