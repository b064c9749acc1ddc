/** What a person has used, day by day. */
import type { Foundation } from "../foundation.ts";
import { dayOf } from "./limits.ts";

export interface UsageDay {
  /** UTC, YYYY-MM-DD. */
  readonly day: string;
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

const DAYS = 31;

/** Newest first; days without use are left out. */
export async function usageOf({ store }: Pick<Foundation, "store">, person: string): Promise<UsageDay[]> {
  const [rows = []] = await store.read([{ sql: "SELECT day, requests, input_tokens, output_tokens FROM usage_days WHERE person_id = ? ORDER BY day DESC LIMIT ?", params: [person, DAYS] }]);
  return rows.map((row) => ({ day: String(row["day"]), requests: Number(row["requests"]), inputTokens: Number(row["input_tokens"]), outputTokens: Number(row["output_tokens"]) }));
}

export async function usageToday({ store, clock }: Pick<Foundation, "store" | "clock">, person: string): Promise<UsageDay> {
  const day = dayOf(clock.now());
  return (await usageOf({ store }, person)).find((used) => used.day === day) ?? { day, requests: 0, inputTokens: 0, outputTokens: 0 };
}
