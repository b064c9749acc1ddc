/** The two batches of a turn: one before the model is called, one after it has answered. */
import type { AuditEntry } from "../audit/chain.ts";
import type { Bytes } from "../crypto/bytes.ts";
import type { Statement } from "../ports.ts";
import { putConversation } from "./conversation-rows.ts";
import type { TurnEnd } from "./inbound.ts";
import { reserve, settle } from "./limits.ts";
import type { Limits } from "./limits.ts";
import { sealSent } from "./sent-record.ts";
import { insertMessage } from "./messages.ts";
import type { Answer } from "./messages.ts";
import type { KeptTurn } from "./context.ts";
import type { PreparedTurn } from "./prepare.ts";

/** No turn runs longer; a turn that is still "running" after it belongs to a process that is gone. */
export const TURN_MINUTES = 10;
/** How long an update is remembered, so that it is not handled twice. */
const INBOX_DAYS = 7;

export interface Batch {
  readonly changes: readonly Statement[];
  readonly entry: AuditEntry;
}

/** Stores the person's message and what is sent, takes the limits' share, and marks the conversation as answering. */
export async function beginTurn(turn: PreparedTurn, limits: Limits): Promise<Batch> {
  const { id, person, inbound, startedAt, kept, reservation, request } = turn;
  const [sent, content] = kept ? await Promise.all([sealedSent(turn, kept), addedContent(turn, kept)]) : [null, []];
  const changes = [...(kept ? freeFromGoneTurn(kept, startedAt) : []), ...reserve(reservation, limits, startedAt), ...rememberUpdate(turn), insertTurn(turn, sent), ...content];
  const sizes = { characters: request.messages.at(-1)?.text.length ?? 0, inputTokens: reservation.inputTokens };
  return { changes, entry: { who: person, surface: inbound.channel, action: "message.accepted", outcome: "ok", target: id, to: turn.model.info.host, sizes } };
}

/** A turn whose lease is over belongs to a process that is gone: its conversation is free, and what it had reserved goes back to its day. */
function freeFromGoneTurn({ conversation }: KeptTurn, now: number): Statement[] {
  const overdue = [conversation.id, now];
  return [
    {
      sql: `UPDATE usage_days SET reserved = MAX(0, usage_days.reserved - gone.reserved)
            FROM (SELECT person_id, date(started_at / 1000, 'unixepoch') AS day, reserved FROM turns WHERE conversation_id = ? AND state = 'running' AND lease_until < ?) AS gone
            WHERE usage_days.person_id = gone.person_id AND usage_days.day = gone.day`,
      params: overdue,
    },
    { sql: "UPDATE turns SET state = 'interrupted', ended_at = lease_until, reserved = 0 WHERE conversation_id = ? AND state = 'running' AND lease_until < ?", params: overdue },
  ];
}

function rememberUpdate({ id, person, inbound, startedAt }: PreparedTurn): Statement[] {
  return [
    { sql: "DELETE FROM inbox WHERE received_at < ?", params: [startedAt - INBOX_DAYS * 86_400_000] },
    { sql: "INSERT INTO inbox (channel, person_id, update_id, turn_id, received_at) VALUES (?, ?, ?, ?, ?)", params: [inbound.channel, person, inbound.update, id, startedAt] },
  ];
}

function insertTurn({ id, person, inbound, startedAt, kept, reservation }: PreparedTurn, sent: Bytes | null): Statement {
  const lease = startedAt + TURN_MINUTES * 60_000;
  return {
    sql: `INSERT INTO turns (id, person_id, conversation_id, channel, ask_seq, retry_of, state, started_at, lease_until, input_tokens, output_tokens, reserved, sealed)
          VALUES (?, ?, ?, ?, ?, ?, 'running', ?, ?, ?, 0, ?, ?)`,
    params: [id, person, kept?.conversation.id ?? null, inbound.channel, kept?.askSeq ?? null, kept?.retryOf ?? null, startedAt, lease, reservation.inputTokens, reservation.outputTokens, sent],
  };
}

function sealedSent({ id, person, model, request }: PreparedTurn, { dataKey, conversation, askSeq, sent }: KeptTurn): Promise<Bytes> {
  const { system, maxOutputTokens, parameters } = request;
  return sealSent(dataKey, { person, conversation: conversation.id }, id, askSeq, { model: model.info, system, messages: sent, maxOutputTokens, ...(parameters ? { parameters } : {}) });
}

function addedContent({ person }: PreparedTurn, { dataKey, conversation, added }: KeptTurn): Promise<Statement[]> {
  return Promise.all([
    ...added.map((message) => insertMessage(dataKey, { person, conversation: conversation.id }, message)),
    putConversation(dataKey, person, conversation, conversation.messages - added.length),
  ]);
}

/** Stores the answer, replaces the estimate by what was used, and frees the conversation. */
export async function endTurn(turn: PreparedTurn, text: string, end: TurnEnd, now: number): Promise<Batch> {
  const { id, person, inbound, kept, reservation } = turn;
  const changes: Statement[] = [
    settle(id, reservation, end.usage),
    {
      sql: "UPDATE turns SET state = ?, ended_at = ?, answer_seq = ?, input_tokens = ?, output_tokens = ?, reserved = 0 WHERE id = ? AND state = 'running'",
      params: [end.state, now, kept?.conversation.messages ?? null, end.usage.inputTokens, end.usage.outputTokens, id],
    },
  ];
  if (kept) {
    const { conversation, dataKey } = kept;
    const answer = answerOf(turn, text, end, now);
    changes.push(await insertMessage(dataKey, { person, conversation: conversation.id }, answer));
    changes.push(await putConversation(dataKey, person, { ...conversation, messages: conversation.messages + 1, updatedAt: now }, conversation.messages));
  }
  const sizes = { characters: text.length, inputTokens: end.usage.inputTokens, outputTokens: end.usage.outputTokens };
  return { changes, entry: { who: person, surface: inbound.channel, action: "message.ended", outcome: end.state, ...(end.problem ? { reason: end.problem.reason } : {}), target: id, sizes } };
}

function answerOf({ id, kept }: PreparedTurn, text: string, { state, cause, problem, usage }: TurnEnd, now: number): Answer {
  return {
    seq: kept?.conversation.messages ?? 0,
    turn: id,
    createdAt: now,
    role: "assistant",
    text,
    answers: kept?.askSeq ?? 0,
    state,
    ...(cause ? { cause } : {}),
    ...(problem ? { problem } : {}),
    usage,
  };
}
