import type { Model, ModelPart, ModelRequest } from "../../runtime/ports.ts";

/** Says what the test hands in, and remembers what it was asked. `hold` keeps an answer open until the test lets it go on. */
export interface ScriptedModel extends Model {
  readonly requests: ModelRequest[];
  /** The next answers, in order; without one the model repeats the question. An Error is thrown where it stands. */
  readonly script: (readonly (string | Error | Promise<unknown>)[])[];
}

export function scriptedModel(): ScriptedModel {
  const requests: ModelRequest[] = [];
  const script: ScriptedModel["script"] = [];
  return {
    info: { provider: "scripted", name: "scripted", host: "model.test", region: "eu" },
    requests,
    script,
    async *stream(request, signal): AsyncGenerator<ModelPart> {
      requests.push(request);
      for (const piece of script.shift() ?? [`You said: ${request.messages.at(-1)?.text}`]) {
        if (signal.aborted) return;
        if (piece instanceof Error) throw piece;
        if (piece instanceof Promise) await Promise.race([piece, aborted(signal)]);
        else yield { type: "text", text: piece };
      }
      if (!signal.aborted) yield { type: "finish", cause: "stop", usage: { inputTokens: 10, outputTokens: 5 } };
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
