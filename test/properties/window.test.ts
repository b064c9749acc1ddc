import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoredMessage } from "../../runtime/chat/messages.ts";
import { estimateMessageTokens } from "../../runtime/chat/tokens.ts";
import { contextWindow } from "../../runtime/chat/window.ts";

/** A question and the answers to it: none after a crash, several when it was asked again, an empty one when nothing arrived. */
const exchange = fc.record({ ask: fc.string({ maxLength: 60 }), answers: fc.array(fc.oneof(fc.constant(""), fc.string({ maxLength: 60 })), { maxLength: 3 }) });
const budgets = fc.integer({ min: 0, max: 120 });

interface Case {
  readonly history: readonly StoredMessage[];
  readonly ask: StoredMessage;
}

/** Conversations as they are stored; the newest question is a new one, or the last one asked again. */
const cases: fc.Arbitrary<Case> = fc.tuple(fc.array(exchange, { maxLength: 8 }), fc.string({ maxLength: 60 }), fc.boolean(), fc.nat(20)).map(([exchanges, text, again, skipped]) => {
  const messages: StoredMessage[] = [];
  const add = (message: { role: "user"; text: string } | { role: "assistant"; text: string; answers: number; state: "complete" }) => messages.push({ seq: messages.length, turn: `t${messages.length}`, createdAt: 0, ...message });
  for (const { ask, answers } of exchanges) {
    const seq = add({ role: "user", text: ask }) - 1;
    for (const answer of answers) add({ role: "assistant", text: answer, answers: seq, state: "complete" });
  }
  const asked = messages.findLast(({ role }) => role === "user");
  const ask: StoredMessage = again && asked ? asked : { seq: messages.length, turn: "new", createdAt: 0, role: "user", text };
  // Only the newest messages are looked at, so what is at hand may begin anywhere.
  return { history: messages.slice(Math.min(skipped, messages.length)), ask };
});

/** The same rule, written another way: what each question was answered with at last. */
function answered({ history, ask }: Case): [StoredMessage, StoredMessage][] {
  const pairs: [StoredMessage, StoredMessage][] = [];
  for (const question of history) {
    if (question.role !== "user" || question.seq >= ask.seq) continue;
    const answer = history.findLast((message) => message.role === "assistant" && message.answers === question.seq);
    if (answer && answer.text.length > 0) pairs.push([question, answer]);
  }
  return pairs;
}

const cost = (messages: readonly StoredMessage[]) => messages.reduce((sum, message) => sum + estimateMessageTokens(message), 0);

describe("the context window", () => {
  it("is never over the budget, counts what it holds, and ends with the question, always", () => {
    fc.assert(
      fc.property(cases, budgets, ({ history, ask }, budget) => {
        const window = contextWindow(history, ask, budget);
        const messages = window.fits ? window.messages : [ask];
        expect(window.fits).toBe(cost([ask]) <= budget);
        expect(window.tokens <= budget).toBe(window.fits);
        expect(window.tokens).toBe(cost(messages));
        expect(messages.at(-1)).toBe(ask);
      }),
      { numRuns: 1000 },
    );
  });

  it("takes turns, question and answer, in the order of the conversation", () => {
    fc.assert(
      fc.property(cases, budgets, ({ history, ask }, budget) => {
        const window = contextWindow(history, ask, budget);
        const messages = window.fits ? window.messages : [];
        expect(messages.map(({ role }) => role)).toEqual(messages.map((_message, index) => (index % 2 === 0 ? "user" : "assistant")));
        const questions = messages.filter(({ role }) => role === "user").map(({ seq }) => seq);
        expect(questions).toEqual([...new Set(questions)].toSorted((a, b) => a - b));
      }),
      { numRuns: 1000 },
    );
  });

  it("never holds an answer that was asked for again, nor an empty one, nor one to the question itself", () => {
    fc.assert(
      fc.property(cases, ({ history, ask }) => {
        const window = contextWindow(history, ask, 100_000);
        const sent = window.fits ? window.messages.slice(0, -1) : [];
        expect(sent).toEqual(answered({ history, ask }).flat());
      }),
      { numRuns: 1000 },
    );
  });

  it("holds as many of the newest exchanges as fit, without a gap, and not one more", () => {
    fc.assert(
      fc.property(cases, budgets, ({ history, ask }, budget) => {
        const window = contextWindow(history, ask, budget);
        if (!window.fits) return;
        const pairs = answered({ history, ask });
        const taken = (window.messages.length - 1) / 2;
        expect(window.messages.slice(0, -1)).toEqual(taken === 0 ? [] : pairs.slice(-taken).flat());
        const next = pairs.at(-taken - 1);
        if (next) expect(window.tokens + cost(next)).toBeGreaterThan(budget);
      }),
      { numRuns: 1000 },
    );
  });
});
