/** API keys for programs: they belong to a person, are shown once, stored hashed, scoped and revocable. */
import { hashSecret, newSecret } from "../crypto/bytes.ts";
import { IntegrityError } from "../crypto/envelope.ts";
import type { Binding } from "../crypto/envelope.ts";
import { createOpener, sealJson } from "../crypto/sealed-json.ts";
import type { Foundation } from "../foundation.ts";
import type { Row } from "../ports.ts";
import { Problem } from "../problems.ts";
import { touch } from "../store/touch.ts";
import type { AuditActor } from "./people.ts";

/** `chat` sends messages and reads conversations; `admin` runs admin commands, when its person is an owner. */
export const scopes = ["chat", "admin"] as const;
export type Scope = (typeof scopes)[number];

export interface ApiKey {
  readonly id: string;
  readonly person: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly lastUsedAt: number | undefined;
  readonly revokedAt: number | undefined;
}

export interface ApiKeys {
  /** Returns the key itself, which nothing can show again. */
  create(person: string, name: string, scopes: readonly Scope[], by: AuditActor): Promise<{ readonly id: string; readonly key: string }>;
  /** What this key is and whose, or undefined when it is unknown or revoked. */
  authenticate(key: string): Promise<ApiKey | undefined>;
  /** Every key that was made, revoked ones too, oldest first. */
  list(): Promise<ApiKey[]>;
  /** By id, or by the name of a key that is not revoked. @throws {Problem} `unknown_key` */
  revoke(nameOrId: string, by: AuditActor): Promise<void>;
}

/** What is sealed of a key: nobody without the person's key can make one, widen it, or give it to somebody else. */
interface SealedKey {
  readonly hash: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
}

const SELECT = "SELECT id, hash, person_id, created_at, last_used_at, revoked_at, sealed FROM api_keys";
/** So that a key found in the wrong place is recognised by people and by secret scanners. */
const PREFIX = "holdfast_";
const USED_EVERY_MILLISECONDS = 60_000;

export function createApiKeys({ store, ledger, personKeys, clock }: Foundation): ApiKeys {
  const open = createOpener();
  async function list(): Promise<ApiKey[]> {
    const [rows = []] = await store.read([{ sql: `${SELECT} ORDER BY created_at, id`, params: [] }]);
    return Promise.all(rows.map(toListed));
  }

  async function toApiKey(row: Row): Promise<ApiKey> {
    const [id, person] = [String(row["id"]), String(row["person_id"])];
    const { hash, name, scopes: granted } = await open<SealedKey>(await personKeys.get(person), binding(person, id), row["sealed"]);
    if (hash !== row["hash"]) throw new IntegrityError(`API key ${id}: its row was changed`);
    return { id, person, name, scopes: granted, createdAt: Number(row["created_at"]), lastUsedAt: toTime(row["last_used_at"]), revokedAt: toTime(row["revoked_at"]) };
  }

  /** One row that does not open must not stand in the way of the others, least of all when one of them is to be revoked. */
  function toListed(row: Row): Promise<ApiKey> {
    return toApiKey(row).catch((error: unknown) => {
      if (!(error instanceof Problem || error instanceof IntegrityError)) throw error;
      return { id: String(row["id"]), person: String(row["person_id"]), name: "(cannot be read)", scopes: [], createdAt: Number(row["created_at"]), lastUsedAt: toTime(row["last_used_at"]), revokedAt: toTime(row["revoked_at"]) };
    });
  }

  return {
    list,
    async create(person, name, granted, by) {
      const [id, key] = [crypto.randomUUID(), PREFIX + newSecret()];
      const hash = await hashSecret(key);
      const sealed = await sealJson(await personKeys.get(person), binding(person, id), { hash, name, scopes: granted } satisfies SealedKey);
      await ledger.commit(
        [{ sql: "INSERT INTO api_keys (id, hash, person_id, created_at, sealed) VALUES (?, ?, ?, ?, ?)", params: [id, hash, person, clock.now(), sealed] }],
        { ...by, action: "key.created", outcome: "ok", target: id, details: { person, scopes: granted.join(" ") } },
      );
      return { id, key };
    },

    async authenticate(key) {
      const [rows = []] = await store.read([{ sql: `${SELECT} WHERE hash = ? AND revoked_at IS NULL`, params: [await hashSecret(key)] }]);
      if (!rows[0]) return undefined;
      const found = await toApiKey(rows[0]);
      if (clock.now() - (found.lastUsedAt ?? 0) > USED_EVERY_MILLISECONDS) {
        await touch(store, { sql: "UPDATE api_keys SET last_used_at = ? WHERE id = ?", params: [clock.now(), found.id] });
      }
      return found;
    },

    async revoke(nameOrId, by) {
      const keys = await list();
      const found = keys.find(({ id }) => id === nameOrId) ?? keys.find(({ name, revokedAt }) => name === nameOrId && revokedAt === undefined);
      if (!found) throw new Problem("unknown_key", { detail: `got "${nameOrId}"`, fix: "npm run admin -- key list shows names and ids" });
      await ledger.commit(
        [{ sql: "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", params: [clock.now(), found.id] }],
        { ...by, action: "key.revoked", outcome: "ok", target: found.id },
      );
    },
  };
}

function binding(person: string, key: string): Binding {
  return { person, conversation: "", record: key, kind: "api-key", role: "", sequence: 0 };
}

function toTime(column: unknown): number | undefined {
  return column == null ? undefined : Number(column);
}
