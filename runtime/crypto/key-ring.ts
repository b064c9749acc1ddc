/**
 * The key ring: the only secret that a target must keep for the runtime. It holds key-encryption keys, the newest of
 * which wraps, and the Ed25519 keys that sign the audit log. It is one JSON document, so that a file, a systemd
 * credential or a secret binding can carry it.
 */
import { z } from "zod";
import { SetupError } from "../problems.ts";
import { fromBase64Url, randomBytes, toBase64Url } from "./bytes.ts";

const key = z.strictObject({ id: z.string().min(1).max(64), createdAt: z.iso.datetime(), secret: z.string() });

const document = z.strictObject({
  format: z.literal("holdfast-keyring/1"),
  /** 32 bytes each, base64url, oldest first. */
  wrapping: z.array(key).min(1),
  /** Ed25519 private keys, PKCS #8, base64url, oldest first. */
  signing: z.array(key).min(1),
});

export type KeyRingDocument = z.infer<typeof document>;

export interface WrappingKey {
  readonly id: string;
  readonly key: CryptoKey;
}

export interface SigningKey {
  readonly id: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

export interface KeyRing {
  /** The key that wraps from now on. */
  readonly newest: WrappingKey;
  /** The key with this id, or undefined when the ring does not hold it. */
  find(id: string): WrappingKey | undefined;
  readonly signing: SigningKey;
  /** Every public key that may have signed the audit log, by id. */
  readonly verifying: ReadonlyMap<string, CryptoKey>;
}

export async function createKeyRing(now: Date): Promise<KeyRingDocument> {
  const signing = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", signing.privateKey));
  return {
    format: "holdfast-keyring/1",
    wrapping: [newWrappingKey(now)],
    signing: [{ id: keyId("s"), createdAt: now.toISOString(), secret: toBase64Url(pkcs8) }],
  };
}

/** The same ring with a new wrapping key, which is the newest. Data keys stay readable; `rewrap` moves them over. */
export function rotateKeyRing(ring: KeyRingDocument, now: Date): KeyRingDocument {
  return { ...ring, wrapping: [...ring.wrapping, newWrappingKey(now)] };
}

/** @throws {SetupError} when the text is not a key ring; the message never repeats any of it */
export function parseKeyRing(text: string): KeyRingDocument {
  try {
    return document.parse(JSON.parse(text));
  } catch (error) {
    const where = error instanceof z.ZodError ? error.issues.map((issue) => issue.path.join(".") || "the document").join(", ") : "it is not JSON";
    throw new SetupError(`the key ring is damaged (${where}): put back the copy that belongs to this data`);
  }
}

/** @throws {SetupError} when a key is not of its kind */
export async function openKeyRing(ring: KeyRingDocument): Promise<KeyRing> {
  const wrapping = await Promise.all(ring.wrapping.map(async ({ id, secret }) => ({ id, key: await importWrappingKey(id, secret) })));
  const signing = await Promise.all(ring.signing.map(({ id, secret }) => importSigningKey(id, secret)));
  const newest = wrapping.at(-1);
  const signer = signing.at(-1);
  if (!newest || !signer) throw new SetupError("the key ring is empty: put back the copy that belongs to this data");
  return {
    newest,
    find: (id) => wrapping.find((candidate) => candidate.id === id),
    signing: signer,
    verifying: new Map(signing.map(({ id, publicKey }) => [id, publicKey])),
  };
}

function newWrappingKey(now: Date) {
  return { id: keyId("w"), createdAt: now.toISOString(), secret: toBase64Url(randomBytes(32)) };
}

function keyId(prefix: string): string {
  return `${prefix}-${toBase64Url(randomBytes(6))}`;
}

async function importWrappingKey(id: string, secret: string): Promise<CryptoKey> {
  const bytes = decode(id, secret);
  if (bytes.length !== 32) throw new SetupError(`key ${id} of the key ring has ${bytes.length} bytes, must have 32`);
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

async function importSigningKey(id: string, secret: string): Promise<SigningKey> {
  try {
    // Extractable because the public key is derived from it; the private key itself is in the ring document anyway.
    const privateKey = await crypto.subtle.importKey("pkcs8", decode(id, secret), { name: "Ed25519" }, true, ["sign"]);
    const { x } = await crypto.subtle.exportKey("jwk", privateKey);
    const publicKey = await crypto.subtle.importKey("jwk", { kty: "OKP", crv: "Ed25519", x: x ?? "" }, { name: "Ed25519" }, true, ["verify"]);
    return { id, privateKey, publicKey };
  } catch (error) {
    if (error instanceof DOMException) throw new SetupError(`key ${id} of the key ring is not an Ed25519 private key`);
    throw error;
  }
}

function decode(id: string, secret: string) {
  try {
    return fromBase64Url(secret);
  } catch {
    throw new SetupError(`key ${id} of the key ring is not base64url`);
  }
}
