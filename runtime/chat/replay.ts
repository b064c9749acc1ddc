/** A turn that has ended, as something to read along with like a live one. */
import type { Foundation } from "../foundation.ts";
import type { Person } from "../ports.ts";
import { Problem } from "../problems.ts";
import { openConversation, readConversation } from "./conversation-rows.ts";
import type { Submission, TurnEnd } from "./inbound.ts";
import type { Answer } from "./messages.ts";
import { openSent } from "./sent-record.ts";
import { crashed, openAnswer, readTurn } from "./turn-views.ts";

/** @throws {Problem} `unknown_turn`, or `already_handled` when its content was not kept */
export async function replayTurn({ store, personKeys }: Foundation, person: Person, id: string): Promise<Submission> {
  const turn = await readTurn(store, person, id);
  if (turn["conversation_id"] === null) throw alreadyHandled();
  const owner = { person: person.id, conversation: String(turn["conversation_id"]) };
  const dataKey = await personKeys.get(person.id);
  const [conversations = []] = await store.read([readConversation(owner)]);
  const { title } = await openConversation(dataKey, person.id, conversations[0]);
  const answer = await openAnswer(store, dataKey, owner, turn);
  const end = answer ? endOf(answer, crashed(turn)) : crashed(turn);
  const { model } = await openSent(dataKey, owner, turn);
  return { turn: id, model, conversation: { id: owner.conversation, title }, events: (after) => tell(answer?.text ?? "", end, after), stop: () => undefined };
}

function endOf({ state, cause, problem, usage }: Answer, cut: TurnEnd): TurnEnd {
  return { state, ...(cause ? { cause } : {}), ...(problem ? { problem } : {}), usage: usage ?? cut.usage };
}

async function* tell(text: string, end: TurnEnd, after = 0): ReturnType<Submission["events"]> {
  if (after < text.length) yield { type: "text", text: text.slice(after), length: text.length };
  yield { type: "end", end };
}

export function alreadyHandled(): Problem {
  return new Problem("already_handled", { detail: "this was answered before, and its content was not kept", fix: "send it anew, with another Idempotency-Key" });
}
