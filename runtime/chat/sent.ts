/** "What was sent": exactly what went to the provider for one answer. */
import type { Foundation } from "../foundation.ts";
import type { ChatMessage, ModelInfo, ModelParameters, Person } from "../ports.ts";
import { Problem } from "../problems.ts";
import { toChatMessage } from "./messages.ts";
import { openAnswer, openMessages, readTurn } from "./turn-views.ts";

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
  const answer = await openAnswer(store, dataKey, owner, turn);
  if (!answer?.made) throw new Problem("nothing_sent", { detail: "there is no record of an answer to this turn: it still runs, was cut off by a crash, or its content is not kept" });
  const { model, sent } = answer.made;
  const messages = await openMessages(store, dataKey, owner, sent.messages);
  return {
    turn: id,
    at: new Date(sent.at).toISOString(),
    model,
    system: sent.system,
    messages: messages.map(toChatMessage),
    maxOutputTokens: sent.maxOutputTokens,
    ...(sent.parameters ? { parameters: sent.parameters } : {}),
  };
}
