/** Works out a turn before anything is stored or sent: what is asked, what goes to the provider, what it may cost. */
import type { Foundation } from "../foundation.ts";
import type { Model, ModelRequest, Person } from "../ports.ts";
import { Problem } from "../problems.ts";
import { readContext, takeContext } from "./context.ts";
import type { KeptTurn } from "./context.ts";
import type { Inbound } from "./inbound.ts";
import { dailyLimit, dayOf, readDay, tokensTaken } from "./limits.ts";
import type { Limits, Reservation } from "./limits.ts";
import { SYSTEM_PROMPT } from "./system-prompt.ts";
import { estimateTokens } from "./tokens.ts";

export interface ChatSettings extends Limits {
  /** Tokens of messages that go to the provider with one question. */
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
}

export interface TurnIds {
  readonly turn: string;
  readonly conversation: string;
}

export interface PreparedTurn {
  readonly id: string;
  readonly person: string;
  readonly inbound: Inbound;
  readonly startedAt: number;
  readonly model: Model;
  readonly request: ModelRequest;
  readonly reservation: Reservation;
  /** @default - nothing of the content is kept */
  readonly kept?: KeptTurn;
}

/** @throws {Problem} when the turn may not or cannot happen */
export async function prepareTurn(foundation: Foundation, settings: ChatSettings, model: Model, person: Person, inbound: Inbound, ids: TurnIds): Promise<PreparedTurn> {
  const now = foundation.clock.now();
  const beginning = { person: person.id, ...ids, now };
  // A program's own system prompt takes its place in the same budget.
  const budget = settings.contextTokens - estimateTokens(inbound.system ?? "");
  if (budget < 1) throw new Problem("message_too_long", { detail: `the system prompt alone has about ${settings.contextTokens - budget} tokens, at most ${settings.contextTokens} go to the model`, fix: "shorten it" });
  const [day = [], ...found] = await foundation.store.read([readDay(person.id, dayOf(now)), ...readContext(beginning, budget)]);
  const context = await takeContext(foundation.personKeys, beginning, inbound.ask, found, budget);

  const system = inbound.system ?? SYSTEM_PROMPT;
  const inputTokens = estimateTokens(system) + context.tokens;
  const taken = tokensTaken(day[0]);
  const maxOutputTokens = Math.min(inbound.maxOutputTokens ?? settings.maxOutputTokens, settings.maxOutputTokens, settings.tokensPerDay - taken - inputTokens);
  if (maxOutputTokens < 1) throw dailyLimit(taken, settings, now);

  return {
    id: ids.turn,
    person: person.id,
    inbound,
    startedAt: now,
    model,
    request: { system, messages: context.messages, maxOutputTokens, ...(inbound.parameters ? { parameters: inbound.parameters } : {}) },
    reservation: { person: person.id, day: dayOf(now), inputTokens, outputTokens: maxOutputTokens },
    ...(context.kept ? { kept: context.kept } : {}),
  };
}
