/** Fills a store with turns as the product itself would have stored them: sealed, counted, audited; only many to a commit. */
import { randomUUID } from "node:crypto";
import { beginTurn, endTurn } from "../../runtime/chat/record-turn.ts";
import { dayOf } from "../../runtime/chat/limits.ts";
import { SYSTEM_PROMPT } from "../../runtime/chat/system-prompt.ts";
import type { AuditEntry } from "../../runtime/audit/chain.ts";
import type { Conversation } from "../../runtime/chat/conversation-rows.ts";
import type { Ask } from "../../runtime/chat/messages.ts";
import type { PreparedTurn } from "../../runtime/chat/prepare.ts";
import type { Batch } from "../../runtime/chat/record-turn.ts";
import type { DataKey } from "../../runtime/crypto/envelope.ts";
import type { Foundation } from "../../runtime/foundation.ts";
import type { Model, Statement } from "../../runtime/ports.ts";

const ask = "What did we agree about the delivery in March, and who has to sign it?";
const answer = `${"The delivery was agreed for the second week, in two parts; the first part is signed by both sides. ".repeat(3)}That is all I can see here.`;
const limits = { tokensPerDay: 1e12, requestsPerMinute: 1e9 };
const usage = { inputTokens: 400, outputTokens: 80 };
const model: Model = { info: { provider: "openai-compatible", name: "fake-model", host: "127.0.0.1" }, stream: () => { throw new Error("nothing is asked while seeding"); } };
const turnsACommit = 500;
const minute = 60_000;

/**
 * Adds one conversation for each number, with that many messages (an even number; half of them answers), a minute apart,
 * the last turn an hour ago. Returns the ids of the conversations, in order.
 */
export async function seed(foundation: Foundation, person: string, messageCounts: readonly number[], progress: (messages: number) => void): Promise<string[]> {
  const dataKey = await foundation.personKeys.get(person);
  const turns = messageCounts.reduce((sum, count) => sum + count / 2, 0);
  let at = foundation.clock.now() - (turns + 60) * minute;
  let done = 0;
  let batches: Promise<Batch>[] = [];
  const ids: string[] = [];
  for (const count of messageCounts) {
    const id = randomUUID();
    ids.push(id);
    for (let seq = 0; seq < count; seq += 2) {
      const turn = preparedTurn(dataKey, person, { id, title: ask.slice(0, 60), messages: seq + 1, createdAt: at, updatedAt: at });
      batches.push(beginTurn(turn, limits), endTurn(turn, answer, { state: "complete", usage }, at + 2000));
      at += minute;
      done += 2;
      if (batches.length >= 2 * turnsACommit) {
        await commit(foundation, batches);
        batches = [];
        progress(done);
      }
    }
  }
  await commit(foundation, batches);
  progress(done);
  return ids;
}

function preparedTurn(dataKey: DataKey, person: string, conversation: Conversation): PreparedTurn {
  const { messages, updatedAt } = conversation;
  const added: Ask = { seq: messages - 1, turn: randomUUID(), createdAt: updatedAt, role: "user", text: ask };
  const sent = Array.from({ length: Math.min(21, messages) }, (_, index) => messages - Math.min(21, messages) + index);
  return {
    id: added.turn,
    person,
    inbound: { channel: "web", update: randomUUID(), ask: { type: "message", text: ask, conversation: conversation.id } },
    startedAt: updatedAt,
    model,
    request: { system: SYSTEM_PROMPT, messages: [{ role: "user", text: ask }], maxOutputTokens: 2048 },
    reservation: { person, day: dayOf(updatedAt), inputTokens: usage.inputTokens, outputTokens: 2048 },
    kept: { dataKey, conversation, added: [added], askSeq: added.seq, sent },
  };
}

async function commit(foundation: Foundation, pending: readonly Promise<Batch>[]): Promise<void> {
  const batches = await Promise.all(pending);
  const changes: Statement[] = [];
  const entries: AuditEntry[] = [];
  for (const batch of batches) {
    changes.push(...batch.changes);
    entries.push(batch.entry);
  }
  await foundation.ledger.commit(changes, ...entries);
}
