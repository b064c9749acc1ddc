/** Takes one answer from the model, piece by piece, to a live turn. */
import type { Model, ModelRequest } from "../ports.ts";
import { Problem } from "../problems.ts";
import type { ProblemReason } from "../problems.ts";
import { turnProblem } from "./inbound.ts";
import type { TurnEnd } from "./inbound.ts";
import type { LiveTurn } from "./live-turns.ts";
import { estimateTokens } from "./tokens.ts";

/** A row of D1 holds 2 MB, and a control character takes six bytes in JSON. */
const ANSWER_CHARACTERS = 300_000;

/** A provider that refused, or was not reached, has counted nothing. */
const NOT_COUNTED: readonly ProblemReason[] = ["model_refused", "model_rate_limit", "model_unreachable"];

/**
 * Resolves when the answer is over, whatever became of it: it never throws. The text is in `live`.
 * @param inputTokens the estimate that stands in when the provider does not say what it counted
 * @param report is told of errors that are the server's own fault
 */
export async function takeAnswer(model: Model, request: ModelRequest, live: LiveTurn, inputTokens: number, report: (error: unknown) => void): Promise<TurnEnd> {
  const estimate = () => ({ inputTokens, outputTokens: estimateTokens(live.text()) });
  // The stream is told to end when the person stops it, and when the answer has grown too long.
  const enough = new AbortController();
  try {
    for await (const part of model.stream(request, AbortSignal.any([live.signal, enough.signal]))) {
      if (part.type === "finish") {
        return { state: "complete", ...(part.cause === "stop" ? {} : { cause: part.cause }), usage: part.usage ?? estimate() };
      }
      if (live.signal.aborted) break;
      const room = ANSWER_CHARACTERS - live.length;
      live.append(part.text.length <= room ? part.text : part.text.slice(0, room).toWellFormed());
      if (part.text.length >= room) {
        enough.abort();
        return { state: "complete", cause: "length", usage: estimate() };
      }
    }
    if (live.signal.aborted) return { state: "stopped", usage: estimate() };
    throw new Problem("model_failed", { detail: "the answer ended without saying that it was over", fix: "try again" });
  } catch (error) {
    if (live.signal.aborted) return { state: "stopped", usage: estimate() };
    if (!(error instanceof Problem)) report(error);
    const problem = error instanceof Problem ? error : new Problem("internal", { detail: "the answer broke off; the server's log says why", fix: "try again" });
    const usage = live.length === 0 && NOT_COUNTED.includes(problem.reason) ? { inputTokens: 0, outputTokens: 0 } : estimate();
    return { state: "interrupted", problem: turnProblem(problem), usage };
  }
}
