/** Conversions between bytes and text that Node and Workers share. */
const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export type Bytes = Uint8Array<ArrayBuffer>;

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** @throws {TypeError} when the bytes are not valid UTF-8 */
export function fromUtf8(bytes: Uint8Array): string {
  return strictDecoder.decode(bytes);
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Base64url without padding (RFC 4648, section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @throws {Error} when the text is not what toBase64Url makes of some bytes: no two texts stand for the same ones */
export function fromBase64Url(text: string): Bytes {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  if (toBase64Url(bytes) !== text) throw new Error("not base64url");
  return bytes;
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Joins fields so that no two lists of fields give the same bytes: each is preceded by its length (4 bytes, big-endian). */
export function lengthPrefixed(fields: readonly string[]): Bytes {
  return concat(
    ...fields.flatMap((field) => {
      const bytes = utf8(field);
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, bytes.length);
      return [length, bytes];
    }),
  );
}

export function randomBytes(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** A secret of 256 random bits, as 43 characters of base64url. */
export function newSecret(): string {
  return toBase64Url(randomBytes(32));
}

/** How secrets of 256 random bits are stored: their SHA-256. Too long to guess, so no salt and no slow hash. */
export async function hashSecret(secret: string): Promise<string> {
  return toHex(await sha256(utf8(secret)));
}

/** Not for secrets: the time it takes tells where the first difference is. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
