/** "What was sent": exactly what went to the provider for one answer. */
import type { Foundation } from "../foundation.ts";
import type { ChatMessage, ModelInfo, ModelParameters, Person } from "../ports.ts";
import { Problem } from "../problems.ts";
import { toChatMessage } from "./messages.ts";
import { openSent } from "./sent-record.ts";
import { openMessages, readTurn } from "./turn-views.ts";

export interface SentView {
  readonly turn: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly model: ModelInfo;
  readonly system: string;
  readonly messages: readonly ChatMessage[];
  readonly maxOutputTokens: number;
  readonly parameters?: ModelParameters;
}

/** @throws {Problem} `unknown_turn`, `nothing_sent` */
export async function showSent({ store, personKeys }: Foundation, person: Person, id: string): Promise<SentView> {
  const turn = await readTurn(store, person, id);
  const dataKey = await personKeys.get(person.id);
  const owner = { person: person.id, conversation: String(turn["conversation_id"] ?? "") };
  if (turn["conversation_id"] === null) throw new Problem("nothing_sent", { detail: "the content of this turn is not kept" });
  const sent = await openSent(dataKey, owner, turn);
  const messages = await openMessages(store, dataKey, owner, sent.messages);
  return {
    turn: id,
    at: new Date(Number(turn["started_at"])).toISOString(),
    model: sent.model,
    system: sent.system,
    messages: messages.map(toChatMessage),
    maxOutputTokens: sent.maxOutputTokens,
    ...(sent.parameters ? { parameters: sent.parameters } : {}),
  };
}
