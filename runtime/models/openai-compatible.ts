/** Any provider with an OpenAI-compatible API: Ollama, vLLM, OpenRouter and many more. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { createEgress } from "../egress.ts";
import type { Egress, Model } from "../ports.ts";
import { fromAiSdk } from "./ai-sdk.ts";
import type { OpenAICompatibleSettings } from "./model-settings.ts";
import type { WatchLimits } from "./watch.ts";

export function createOpenAICompatibleModel({ name, baseUrl, region, apiKey }: OpenAICompatibleSettings, fetch: Egress, limits?: WatchLimits): Model {
  const { origin, host } = new URL(baseUrl);
  const egress = createEgress(origin, fetch);
  const provider = createOpenAICompatible({
    name: "openai-compatible",
    baseURL: baseUrl.replace(/\/+$/, ""),
    includeUsage: true,
    fetch: (input, init) => egress(input instanceof Request ? input.url : String(input), init),
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  return fromAiSdk(provider.chatModel(name), { provider: "openai-compatible", name, host, ...(region === undefined ? {} : { region }) }, apiKey === undefined ? [] : [apiKey], limits);
}
