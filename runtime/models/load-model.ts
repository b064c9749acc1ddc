/** Loads the provider that is chosen, and no other. */
import type { Egress, Model } from "../ports.ts";
import type { ModelSettings } from "./model-settings.ts";

export async function loadModel(settings: ModelSettings, fetch: Egress): Promise<Model> {
  switch (settings.provider) {
    case "demo":
      return (await import("./demo.ts")).createDemoModel();
    case "openai-compatible":
      return (await import("./openai-compatible.ts")).createOpenAICompatibleModel(settings, fetch);
    default:
      return settings satisfies never;
  }
}
