/** After a crash: marks what a process that is gone left running as interrupted, and settles what it had reserved. */
import type { AuditEntry } from "../audit/chain.ts";
import type { Foundation } from "../foundation.ts";
import type { Row, Statement } from "../ports.ts";
import type { ProblemReason } from "../problems.ts";
import { dayOf, settle } from "./limits.ts";

const TURNS_A_BATCH = 50;
const SELECT = "SELECT id, person_id, started_at, input_tokens, reserved FROM turns WHERE state = 'running'";

/** Call it before the first message is taken, by the only process that takes messages. Returns how many turns it found. */
export async function recoverTurns(foundation: Foundation): Promise<number> {
  for (let found = 0; ; ) {
    const interrupted = await interruptRunning(foundation, "crashed", { sql: `${SELECT} LIMIT ?`, params: [TURNS_A_BATCH] });
    if (interrupted === 0) return found;
    found += interrupted;
  }
}

/** Gives up on a turn whose end cannot be stored, so that its conversation is free again. A turn that has ended is left as it is. */
export async function abandonTurn(foundation: Foundation, id: string): Promise<void> {
  await interruptRunning(foundation, "internal", { sql: `${SELECT} AND id = ?`, params: [id] });
}

async function interruptRunning({ store, ledger, clock }: Foundation, reason: ProblemReason, select: Statement): Promise<number> {
  const [rows = []] = await store.read([select]);
  if (rows.length > 0) await ledger.commit(rows.flatMap((row) => interrupt(row, clock.now())), ...rows.map((row) => toEntry(row, reason)));
  return rows.length;
}

/** The question had been sent, as far as anybody knows, so its estimate stays counted; what was kept for the answer is given back. */
function interrupt(row: Row, now: number): Statement[] {
  const inputTokens = Number(row["input_tokens"]);
  const reservation = { person: String(row["person_id"]), day: dayOf(Number(row["started_at"])), inputTokens, outputTokens: Number(row["reserved"]) };
  const id = String(row["id"]);
  return [
    settle(id, reservation, { inputTokens, outputTokens: 0 }),
    { sql: "UPDATE turns SET state = 'interrupted', ended_at = ?, reserved = 0 WHERE id = ? AND state = 'running'", params: [now, id] },
  ];
}

function toEntry(row: Row, reason: ProblemReason): AuditEntry {
  return { who: String(row["person_id"]), surface: "system", action: "message.ended", outcome: "interrupted", reason, target: String(row["id"]) };
}
