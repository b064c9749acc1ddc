/** After a crash: marks what a process that is gone left running as interrupted, and settles what it had reserved. */
import type { AuditEntry } from "../audit/chain.ts";
import type { Foundation } from "../foundation.ts";
import type { Row, Statement } from "../ports.ts";
import { dayOf, settle } from "./limits.ts";

const TURNS_A_BATCH = 50;

/** Call it before the first message is taken, by the only process that takes messages. Returns how many turns it found. */
export async function recoverTurns({ store, ledger, clock }: Foundation): Promise<number> {
  for (let found = 0; ; ) {
    const [rows = []] = await store.read([
      { sql: "SELECT id, person_id, channel, started_at, input_tokens, reserved FROM turns WHERE state = 'running' LIMIT ?", params: [TURNS_A_BATCH] },
    ]);
    if (rows.length === 0) return found;
    await ledger.commit(rows.flatMap((row) => interrupt(row, clock.now())), ...rows.map(toEntry));
    found += rows.length;
  }
}

/** The question had been sent, as far as anybody knows, so its estimate stays counted; what was kept for the answer is given back. */
function interrupt(row: Row, now: number): Statement[] {
  const inputTokens = Number(row["input_tokens"]);
  const reservation = { person: String(row["person_id"]), day: dayOf(Number(row["started_at"])), inputTokens, outputTokens: Number(row["reserved"]) };
  return [
    { sql: "UPDATE turns SET state = 'interrupted', ended_at = ?, reserved = 0 WHERE id = ?", params: [now, String(row["id"])] },
    settle(reservation, { inputTokens, outputTokens: 0 }),
  ];
}

function toEntry(row: Row): AuditEntry {
  return { who: String(row["person_id"]), surface: "system", action: "message.ended", outcome: "interrupted", reason: "crashed", target: String(row["id"]) };
}
