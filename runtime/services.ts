/** Everything that works on the data, put together: the same for the server and for commands that run beside it. */
import { createLedger } from "./audit/ledger.ts";
import type { HeadKeeper } from "./audit/outside-head.ts";
import { createPersonKeys } from "./crypto/person-keys.ts";
import type { KeyRing } from "./crypto/key-ring.ts";
import type { Foundation } from "./foundation.ts";
import { createApiKeys } from "./identity/api-keys.ts";
import type { ApiKeys } from "./identity/api-keys.ts";
import { createLinks } from "./identity/links.ts";
import type { Links } from "./identity/links.ts";
import { createPeople } from "./identity/people.ts";
import type { People } from "./identity/people.ts";
import { createSessions } from "./identity/sessions.ts";
import type { Sessions } from "./identity/sessions.ts";
import { createChosenModel } from "./models/chosen-model.ts";
import type { ChosenModel } from "./models/chosen-model.ts";
import type { Blobs, Clock, Egress, Store } from "./ports.ts";
import type { Settings } from "./settings.ts";

export interface World {
  readonly store: Store;
  /** Where wrapped data keys are kept, apart from the store. */
  readonly keyStore: Blobs;
  readonly ring: KeyRing;
  /** Where heads of the audit log are kept, apart from the store. */
  readonly heads: HeadKeeper;
  readonly clock: Clock;
  readonly fetch: Egress;
  readonly settings: Settings;
}

export interface Services {
  readonly foundation: Foundation;
  readonly settings: Settings;
  readonly ring: KeyRing;
  readonly heads: HeadKeeper;
  readonly people: People;
  readonly links: Links;
  readonly sessions: Sessions;
  readonly apiKeys: ApiKeys;
  readonly chosenModel: ChosenModel;
}

export function createServices({ store, keyStore, ring, heads, clock, fetch, settings }: World): Services {
  const foundation: Foundation = { store, clock, ledger: createLedger(store, ring, clock), personKeys: createPersonKeys(keyStore, ring) };
  return {
    foundation,
    settings,
    ring,
    heads,
    people: createPeople(foundation),
    links: createLinks(foundation),
    sessions: createSessions(foundation, settings.sessions),
    apiKeys: createApiKeys(foundation),
    chosenModel: createChosenModel(foundation, ring, settings.model, fetch),
  };
}
