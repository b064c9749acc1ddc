/** The model that answers at this moment: what the environment declares, else what an owner stored, else the demo. */
import type { AuditActor } from "../identity/people.ts";
import type { Foundation } from "../foundation.ts";
import type { Egress, Model } from "../ports.ts";
import { Problem } from "../problems.ts";
import { fromUtf8, utf8 } from "../crypto/bytes.ts";
import type { KeyRing } from "../crypto/key-ring.ts";
import { openUnderRing, sealUnderRing } from "../crypto/ring-seal.ts";
import { loadModel } from "./load-model.ts";
import { demoSettings } from "./model-settings.ts";
import type { ModelSettings } from "./model-settings.ts";

export interface ChosenModel {
  /** Follows a change at once, also one that another process made. */
  current(): Promise<Model>;
  settings(): Promise<ModelSettings>;
  /** @throws {Problem} `conflict` when the environment declares the model */
  set(settings: ModelSettings, by: AuditActor): Promise<void>;
}

const PLACE = ["setting", "model"];

/** @param declared the environment's model, which nothing overrides */
export function createChosenModel({ store, ledger, clock }: Foundation, ring: KeyRing, declared: ModelSettings | undefined, fetch: Egress): ChosenModel {
  let loaded: { readonly sealed: string; readonly settings: ModelSettings; readonly model: Promise<Model> } | undefined;

  async function follow() {
    const [rows = []] = declared ? [] : await store.read([{ sql: "SELECT sealed FROM settings WHERE name = 'model'", params: [] }]);
    const column = rows[0]?.["sealed"];
    const sealed = column instanceof Uint8Array ? column : undefined;
    const version = sealed?.join() ?? "";
    if (loaded?.sealed !== version) {
      const settings = declared ?? (sealed ? (JSON.parse(fromUtf8(await openUnderRing(ring, PLACE, sealed))) as ModelSettings) : demoSettings);
      loaded = { sealed: version, settings, model: loadModel(settings, fetch) };
    }
    return loaded;
  }

  return {
    current: async () => (await follow()).model,
    settings: async () => (await follow()).settings,
    async set(settings, by) {
      if (declared) throw new Problem("conflict", { detail: "the environment declares the model, and nothing overrides that", fix: "change or remove HOLDFAST_MODEL_* and start again" });
      await ledger.commit(
        [
          {
            sql: "INSERT INTO settings (name, changed_at, sealed) VALUES ('model', ?, ?) ON CONFLICT (name) DO UPDATE SET changed_at = excluded.changed_at, sealed = excluded.sealed",
            params: [clock.now(), await sealUnderRing(ring, PLACE, utf8(JSON.stringify(settings)))],
          },
        ],
        { ...by, action: "settings.changed", outcome: "ok", target: "model" },
      );
    },
  };
}
