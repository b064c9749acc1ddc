/**
 * The audit log as a hash chain. Every record names the hash of the one before it, and every hash is signed, so that
 * whoever holds only the public key sees an edit, a removal and a reorder. A cut tail shows against a head kept outside.
 */
import { fromBase64Url, sha256, toBase64Url, toHex, utf8 } from "../crypto/bytes.ts";
import type { SigningKey } from "../crypto/key-ring.ts";
import type { ProblemReason } from "../problems.ts";

export type AuditAction =
  | "store.created" | "store.rollback-noticed" | "keys.rotated"
  | "sign-in" | "sign-out" | "session.ended" | "link.created"
  | "person.added" | "person.changed" | "key.created" | "key.revoked"
  | "message.accepted" | "message.ended" | "request"
  | "settings.changed" | "settings.read" | "people.read" | "keys.read" | "sessions.read" | "audit.read" | "usage.read";

/** What happened. Holds ids, counts and states; never content, nor a hash of content. */
export interface AuditEntry {
  /** Id of a person, or "" when nobody was recognised. */
  readonly who: string;
  readonly surface: "web" | "api" | "admin" | "command line" | "system";
  readonly action: AuditAction;
  readonly outcome: "ok" | "refused" | "complete" | "stopped" | "interrupted";
  /** Why it was refused or interrupted. @default - it was not */
  readonly reason?: ProblemReason;
  /** Id of what it was done to. @default - nothing in particular */
  readonly target?: string;
  /** Host that content was sent to. @default - none left this machine */
  readonly to?: string;
  /** What was granted or changed, such as a role or scopes. @default - the action says it all */
  readonly details?: Readonly<Record<string, string>>;
  /** Counts and sizes by name. @default - none */
  readonly sizes?: Readonly<Record<string, number>>;
}

export interface AuditRecord extends AuditEntry {
  /** 1, 2, 3 … without a gap. */
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Hash of the record before, or 64 zeros. */
  readonly previous: string;
}

/** A record as it is stored: `hash` is the SHA-256 of exactly the text in `record`. */
export interface AuditRow {
  readonly seq: number;
  readonly record: string;
  readonly hash: string;
  readonly keyId: string;
  /** Ed25519 over `headText`, base64url. */
  readonly signature: string;
}

/** How far the log goes. */
export type AuditHead = Pick<AuditRow, "seq" | "hash">;

export type SignedHead = Omit<AuditRow, "record">;

export const emptyHead: AuditHead = { seq: 0, hash: "0".repeat(64) };

/** Chains entries onto a head, in order. */
export async function chain(head: AuditHead, entries: readonly AuditEntry[], at: Date, key: SigningKey): Promise<AuditRow[]> {
  const links: (AuditHead & { readonly record: string })[] = [];
  let previous = head;
  for (const entry of entries) {
    const seq = previous.seq + 1;
    const record = JSON.stringify({ seq, at: at.toISOString(), ...entry, previous: previous.hash } satisfies AuditRecord);
    previous = { seq, hash: toHex(await sha256(utf8(record))) };
    links.push({ ...previous, record });
  }
  return Promise.all(links.map(async (link) => ({ ...link, keyId: key.id, signature: await sign(link, key) })));
}

async function sign(head: AuditHead, { privateKey }: SigningKey): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, utf8(headText(head)))));
}

export type Verdict =
  | { readonly intact: true; readonly head: AuditHead }
  /** The first record that is not as it was written. */
  | { readonly intact: false; readonly seq: number; readonly fault: string };

/**
 * Checks rows that follow `head`, in order. Call it again with the head of its verdict for the next rows.
 * @param verifying the public keys that may have signed, by id
 */
export async function verifyChain(head: AuditHead, rows: readonly AuditRow[], verifying: ReadonlyMap<string, CryptoKey>): Promise<Verdict> {
  let previous = head;
  for (const row of rows) {
    const fault = await faultOf(row, previous, verifying);
    if (fault) return { intact: false, seq: previous.seq + 1, fault };
    previous = { seq: row.seq, hash: row.hash };
  }
  return { intact: true, head: previous };
}

async function faultOf(row: AuditRow, previous: AuditHead, verifying: ReadonlyMap<string, CryptoKey>): Promise<string | undefined> {
  if (row.seq !== previous.seq + 1) return `record ${previous.seq + 1} is missing: ${row.seq} comes after ${previous.seq}`;
  if (toHex(await sha256(utf8(row.record))) !== row.hash) return "its text was changed";
  const record = parseRecord(row.record);
  if (record?.seq !== row.seq || record.previous !== previous.hash) return "it does not follow the record before it";
  const key = verifying.get(row.keyId);
  if (!key) return `it is signed with the unknown key "${row.keyId}"`;
  return (await holdsSignature(row, key)) ? undefined : "its signature does not hold";
}

export async function holdsSignature(head: SignedHead, key: CryptoKey): Promise<boolean> {
  try {
    return await crypto.subtle.verify("Ed25519", key, fromBase64Url(head.signature), utf8(headText(head)));
  } catch {
    return false; // not base64url
  }
}

/** The record in a row's text, or undefined when it is not one. */
export function parseRecord(text: string): AuditRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "seq" in value ? (value as AuditRecord) : undefined;
  } catch {
    return undefined;
  }
}

function headText({ seq, hash }: AuditHead): string {
  return `holdfast audit head 1\n${seq}\n${hash}\n`;
}
