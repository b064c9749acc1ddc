/**
 * The envelope that content is sealed in before it reaches any store. AES-256-GCM with a random 96-bit nonce.
 *
 *     version (1 byte, 1) · key generation (1 byte) · nonce (12) · ciphertext · tag (16)
 *
 * Associated data is the version, the generation and the whole binding, so an envelope opens only in the place it was
 * sealed for: a row that was swapped, moved, relabelled or downgraded fails like one that was changed.
 */
import { concat, lengthPrefixed, randomBytes } from "./bytes.ts";
import type { Bytes } from "./bytes.ts";

/** The place an envelope belongs to. A field that does not apply is "" or 0. */
export interface Binding {
  readonly person: string;
  readonly conversation: string;
  /** Id of the record: a turn, a key, a session … */
  readonly record: string;
  readonly kind: "message" | "turn" | "conversation" | "person" | "api-key" | "session" | "link";
  readonly role: "user" | "assistant" | "";
  readonly sequence: number;
}

/** A person's data key. `generation` counts the keys that person has had, from 1. */
export interface DataKey {
  readonly generation: number;
  readonly key: CryptoKey;
}

/** Stored bytes that do not open where they are: changed, moved, replayed, downgraded, or sealed with another key. */
export class IntegrityError extends Error {
  override readonly name = "IntegrityError";
}

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 2;

export async function seal(dataKey: DataKey, binding: Binding, plaintext: Bytes): Promise<Bytes> {
  const header = new Uint8Array([VERSION, dataKey.generation]);
  return concat(header, await encrypt(dataKey.key, associatedData(header, binding), plaintext));
}

/** @throws {IntegrityError} when the bytes are not what was sealed for this binding */
export async function open(dataKey: DataKey, binding: Binding, envelope: Uint8Array): Promise<Bytes> {
  const header = envelope.slice(0, HEADER_BYTES);
  if (header[0] !== VERSION || header[1] !== dataKey.generation) {
    throw new IntegrityError(`${binding.kind} ${binding.record}: sealed in format ${header[0]} with key generation ${header[1]}, expected ${VERSION} and ${dataKey.generation}`);
  }
  const plaintext = await decrypt(dataKey.key, associatedData(header, binding), envelope.subarray(HEADER_BYTES));
  if (!plaintext) throw new IntegrityError(`${binding.kind} ${binding.record}: the sealed bytes do not belong here, or were changed`);
  return plaintext;
}

/** Nonce, ciphertext and tag. */
export async function encrypt(key: CryptoKey, additionalData: Bytes, plaintext: Bytes): Promise<Bytes> {
  const nonce = randomBytes(NONCE_BYTES);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData }, key, plaintext);
  return concat(nonce, new Uint8Array(sealed));
}

/** The plaintext, or undefined when the bytes were not made by `encrypt` with this key and associated data. */
export async function decrypt(key: CryptoKey, additionalData: Bytes, bytes: Uint8Array): Promise<Bytes | undefined> {
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const iv = bytes.slice(0, NONCE_BYTES);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, bytes.slice(NONCE_BYTES)));
  } catch (error) {
    if (error instanceof DOMException && error.name === "OperationError") return undefined;
    throw error;
  }
}

function associatedData(header: Bytes, binding: Binding): Bytes {
  const { person, conversation, record, kind, role, sequence } = binding;
  return concat(header, lengthPrefixed([person, conversation, record, kind, role, String(sequence)]));
}
