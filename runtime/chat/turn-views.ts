/** Turns as their person sees them: what was asked, what was answered, and how it ended. */
import type { DataKey } from "../crypto/envelope.ts";
import { IntegrityError } from "../crypto/envelope.ts";
import type { ModelInfo, Person, Row, Store, TokenUsage } from "../ports.ts";
import { Problem } from "../problems.ts";
import { turnProblem } from "./inbound.ts";
import type { TurnEnd, TurnProblem } from "./inbound.ts";
import { openMessage } from "./messages.ts";
import type { Answer, Ask, Owner, StoredMessage } from "./messages.ts";
import { openSent } from "./sent-record.ts";

export interface TurnView {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly ask: string;
  /** @default - nothing is stored yet, or nothing arrived */
  readonly answer?: string;
  readonly state: "running" | TurnEnd["state"];
  readonly cause?: "length" | "filtered";
  readonly problem?: TurnProblem;
  readonly retryOf?: string;
  readonly model: ModelInfo;
  readonly usage?: TokenUsage;
}

/** The columns that the functions below read. */
export const SELECT_TURNS = "SELECT n, id, conversation_id, ask_seq, answer_seq, retry_of, state, started_at, input_tokens, sealed FROM turns";

/** @throws {Problem} `unknown_turn`: other people's turns look like none */
export async function readTurn(store: Store, person: Person, id: string): Promise<Row> {
  const [rows = []] = await store.read([{ sql: `${SELECT_TURNS} WHERE id = ? AND person_id = ?`, params: [id, person.id] }]);
  if (!rows[0]) throw new Problem("unknown_turn", { detail: "it does not exist, or is somebody else's" });
  return rows[0];
}

/** Which turns of a conversation are at hand. */
export interface Reach {
  /** Its first turn is among them. */
  readonly toFirst: boolean;
  /** How many messages it has, when its newest turn is among them. */
  readonly messages: number | undefined;
}

/** @param turns in order, none left out in between @throws {IntegrityError} when one is missing, or was changed */
export async function openTurns(store: Store, dataKey: DataKey, owner: Owner, turns: readonly Row[], reach: Reach): Promise<TurnView[]> {
  checkNoneMissing(owner, turns, reach);
  const messages = await openMessages(store, dataKey, owner, [...(reach.toFirst ? [0] : []), ...turns.flatMap((turn) => [turn["ask_seq"], turn["answer_seq"]])]);
  if (reach.toFirst && messages[0]?.turn !== turns[0]?.["id"]) throw new IntegrityError(`conversation ${owner.conversation}: its first turn is missing`);
  return Promise.all(turns.map(async (turn) => toTurnView(turn, messages, (await openSent(dataKey, owner, turn)).model)));
}

/** A turn stores its question, unless it asks an older one again, and its answer: together turns name every message in a row. */
function checkNoneMissing({ conversation }: Owner, turns: readonly Row[], { messages }: Reach): void {
  const stored = turns.flatMap((turn) => [turn["retry_of"] === null ? turn["ask_seq"] : null, turn["answer_seq"]]).filter((seq) => typeof seq === "number");
  const gap = stored.some((seq, index) => index > 0 && seq !== (stored[index - 1] ?? 0) + 1);
  // Turns that ask again and were cut off store nothing, so they say nothing about the end.
  const last = stored.at(-1) ?? (turns.length === 0 ? -1 : undefined);
  const cut = messages !== undefined && last !== undefined && last !== messages - 1;
  if (gap || cut) throw new IntegrityError(`conversation ${conversation}: a turn is missing`);
}

/** The answer to a turn, or undefined while there is none. @throws {IntegrityError} when it is not where it was stored */
export async function openAnswer(store: Store, dataKey: DataKey, owner: Owner, turn: Row): Promise<Answer | undefined> {
  return answerOf(turn, await openMessages(store, dataKey, owner, [turn["answer_seq"]]));
}

/** Messages by sequence, in order. @throws {IntegrityError} when one is missing */
export async function openMessages(store: Store, dataKey: DataKey, owner: Owner, sequences: readonly unknown[]): Promise<StoredMessage[]> {
  const wanted = new Set(sequences.filter((seq) => typeof seq === "number"));
  const [rows = []] = await store.read([
    {
      sql: "SELECT seq, turn_id, role, sealed FROM messages WHERE conversation_id = ? AND seq IN (SELECT value FROM json_each(?)) ORDER BY seq",
      params: [owner.conversation, JSON.stringify([...wanted])],
    },
  ]);
  if (rows.length !== wanted.size) throw new IntegrityError(`conversation ${owner.conversation}: a message is missing`);
  return Promise.all(rows.map((row) => openMessage(dataKey, owner, row)));
}

/** How a turn ended that a crash left without an answer. */
export function crashed(turn: Row): TurnEnd {
  const problem = new Problem("crashed", { detail: "the message is stored, the answer is not", fix: "ask again" });
  return { state: "interrupted", problem: turnProblem(problem), usage: { inputTokens: Number(turn["input_tokens"]), outputTokens: 0 } };
}

function toTurnView(turn: Row, messages: readonly StoredMessage[], model: ModelInfo): TurnView {
  const ask = messages.find((message): message is Ask => message.role === "user" && message.seq === turn["ask_seq"]);
  if (!ask || (turn["retry_of"] === null && ask.turn !== turn["id"])) throw new IntegrityError(`turn ${String(turn["id"])}: its message is not where it was stored`);
  const view = { id: String(turn["id"]), at: new Date(Number(turn["started_at"])).toISOString(), ask: ask.text, model, ...(turn["retry_of"] === null ? {} : { retryOf: String(turn["retry_of"]) }) };
  const answer = answerOf(turn, messages);
  if (!answer) return turn["state"] === "running" ? { ...view, state: "running" } : { ...view, ...crashed(turn) };
  const { text, state, cause, problem, usage } = answer;
  return { ...view, ...(text === "" ? {} : { answer: text }), state, ...(cause ? { cause } : {}), ...(problem ? { problem } : {}), ...(usage ? { usage } : {}) };
}

function answerOf(turn: Row, messages: readonly StoredMessage[]): Answer | undefined {
  if (turn["answer_seq"] === null) return undefined;
  const answer = messages.find((message): message is Answer => message.role === "assistant" && message.seq === turn["answer_seq"]);
  if (!answer || answer.turn !== turn["id"] || answer.answers !== turn["ask_seq"]) throw new IntegrityError(`turn ${String(turn["id"])}: its answer is not where it was stored`);
  return answer;
}
