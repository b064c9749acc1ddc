/**
 * A model of the AI SDK as a Model. The provider's model object is used by itself: without the SDK's `ai` package there is no
 * default gateway that a message could go to by mistake.
 */
import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4FinishReason, LanguageModelV4Usage } from "@ai-sdk/provider";
import type { Model, ModelInfo, ModelRequest, TokenUsage } from "../ports.ts";
import { modelProblem } from "./model-problem.ts";
import { createWatch } from "./watch.ts";
import type { WatchLimits } from "./watch.ts";

/** Ten times the longest context window there is. */
const TOKENS_AT_MOST = 100_000_000;

/**
 * @param secrets what must never appear in an error
 * @param limits how long the provider may take. @default - see models/watch.ts
 */
export function fromAiSdk(model: LanguageModelV4, info: ModelInfo, secrets: readonly string[], limits?: WatchLimits): Model {
  return {
    info,
    async *stream(request, signal) {
      const watch = createWatch(signal, limits);
      try {
        const { stream } = await model.doStream({ ...callOptions(request), abortSignal: watch.signal });
        for await (const part of stream) {
          // The SDK sends this one itself, before anything has come.
          if (part.type !== "stream-start") watch.sawSomething();
          if (part.type === "text-delta") yield { type: "text", text: part.delta };
          else if (part.type === "error") throw part.error;
          else if (part.type === "finish") {
            // A stream that broke off ends like this, without a reason from the provider.
            if (part.finishReason.unified === "other" && part.finishReason.raw === undefined) throw new Error("the stream broke off");
            const usage = toUsage(part.usage);
            yield { type: "finish", cause: toCause(part.finishReason), ...(usage ? { usage } : {}) };
          }
        }
      } catch (error) {
        if (signal.aborted) return;
        throw modelProblem(watch.expired() ?? error, info.host, secrets);
      } finally {
        watch.end();
      }
    },
  };
}

function callOptions({ system, messages, maxOutputTokens, parameters }: ModelRequest): LanguageModelV4CallOptions {
  const { temperature, topP, stop, seed, presencePenalty, frequencyPenalty } = parameters ?? {};
  return {
    prompt: [{ role: "system", content: system }, ...messages.map(({ role, text }) => ({ role, content: [{ type: "text" as const, text }] }))],
    maxOutputTokens,
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(stop === undefined ? {} : { stopSequences: [...stop] }),
    ...(seed === undefined ? {} : { seed }),
    ...(presencePenalty === undefined ? {} : { presencePenalty }),
    ...(frequencyPenalty === undefined ? {} : { frequencyPenalty }),
  };
}

/** What the provider counted, unless it cannot be a count: then the estimate stands, and the day's limit with it. */
function toUsage({ inputTokens, outputTokens }: LanguageModelV4Usage): TokenUsage | undefined {
  const counts = { inputTokens: inputTokens.total ?? -1, outputTokens: outputTokens.total ?? -1 };
  const possible = Object.values(counts).every((count) => Number.isInteger(count) && count >= 0 && count <= TOKENS_AT_MOST);
  // No question has no tokens: a provider that says so does not count.
  return possible && counts.inputTokens > 0 ? counts : undefined;
}

function toCause({ unified }: LanguageModelV4FinishReason): "stop" | "length" | "filtered" {
  if (unified === "length") return "length";
  return unified === "content-filter" ? "filtered" : "stop";
}
