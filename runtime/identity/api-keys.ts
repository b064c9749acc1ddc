/** API keys for programs: they belong to a person, are shown once, stored hashed, scoped and revocable. */
import { hashSecret, newSecret } from "../crypto/bytes.ts";
import type { Binding } from "../crypto/envelope.ts";
import { openJson, sealJson } from "../crypto/sealed-json.ts";
import type { Foundation } from "../foundation.ts";
import type { Person, Row } from "../ports.ts";
import { Problem } from "../problems.ts";
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
  /** Whose key this is, or undefined when it is unknown or revoked, or the person is disabled. */
  authenticate(key: string): Promise<{ readonly person: Person; readonly key: Pick<ApiKey, "id" | "scopes"> } | undefined>;
  /** Every key that was made, revoked ones too, oldest first. */
  list(): Promise<ApiKey[]>;
  /** By id, or by the name of a key that is not revoked. @throws {Problem} `unknown_key` */
  revoke(nameOrId: string, by: AuditActor): Promise<void>;
}

/** So that a key found in the wrong place is recognised by people and by secret scanners. */
const PREFIX = "holdfast_";
const USED_EVERY_MILLISECONDS = 60_000;

export function createApiKeys({ store, ledger, personKeys, clock }: Foundation): ApiKeys {
  async function list(): Promise<ApiKey[]> {
    const [rows = []] = await store.read([{ sql: "SELECT id, person_id, scopes, created_at, last_used_at, revoked_at, sealed FROM api_keys ORDER BY created_at, id", params: [] }]);
    return Promise.all(rows.map(toApiKey));
  }

  async function toApiKey(row: Row): Promise<ApiKey> {
    const [id, person] = [String(row["id"]), String(row["person_id"])];
    const { name } = await openJson<{ name: string }>(await personKeys.get(person), binding(person, id), row["sealed"]);
    return { id, person, name, scopes: toScopes(row["scopes"]), createdAt: Number(row["created_at"]), lastUsedAt: toTime(row["last_used_at"]), revokedAt: toTime(row["revoked_at"]) };
  }

  return {
    list,
    async create(person, name, granted, by) {
      const [id, key] = [crypto.randomUUID(), PREFIX + newSecret()];
      const sealed = await sealJson(await personKeys.get(person), binding(person, id), { name });
      await ledger.commit(
        [{ sql: "INSERT INTO api_keys (id, hash, person_id, scopes, created_at, sealed) VALUES (?, ?, ?, ?, ?, ?)", params: [id, await hashSecret(key), person, granted.join(" "), clock.now(), sealed] }],
        { ...by, action: "key.created", outcome: "ok", target: id },
      );
      return { id, key };
    },

    async authenticate(key) {
      const [rows = []] = await store.read([
        {
          sql: `SELECT k.id, k.person_id, k.scopes, k.last_used_at, p.role FROM api_keys k JOIN people p ON p.id = k.person_id
                WHERE k.hash = ? AND k.revoked_at IS NULL AND p.disabled_at IS NULL`,
          params: [await hashSecret(key)],
        },
      ]);
      const row = rows[0];
      if (!row) return undefined;
      const id = String(row["id"]);
      if (clock.now() - (toTime(row["last_used_at"]) ?? 0) > USED_EVERY_MILLISECONDS) {
        await store.write([{ sql: "UPDATE api_keys SET last_used_at = ? WHERE id = ?", params: [clock.now(), id] }]);
      }
      return { person: { id: String(row["person_id"]), role: row["role"] === "owner" ? "owner" : "member" }, key: { id, scopes: toScopes(row["scopes"]) } };
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

function toScopes(column: unknown): Scope[] {
  return scopes.filter((scope) => String(column).split(" ").includes(scope));
}

function toTime(column: unknown): number | undefined {
  return column == null ? undefined : Number(column);
}
