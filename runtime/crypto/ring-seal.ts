/**
 * Sealing under the key ring itself, for the two things that are not a person's: wrapped data keys and stored settings.
 *
 *     version (1 byte, 1) · length of the ring key's id (1) · id · nonce (12) · ciphertext · tag (16)
 */
import { SetupError } from "../problems.ts";
import { concat, fromUtf8, lengthPrefixed, utf8 } from "./bytes.ts";
import type { Bytes } from "./bytes.ts";
import { IntegrityError, decrypt, encrypt } from "./envelope.ts";
import type { KeyRing } from "./key-ring.ts";

const VERSION = 1;

/** @param place what the bytes are and whose; they open nowhere else */
export async function sealUnderRing(ring: KeyRing, place: readonly string[], plaintext: Bytes): Promise<Bytes> {
  const id = utf8(ring.newest.id);
  const header = concat(new Uint8Array([VERSION, id.length]), id);
  return concat(header, await encrypt(ring.newest.key, concat(header, lengthPrefixed(place)), plaintext));
}

/**
 * @throws {SetupError} when the ring lacks the key
 * @throws {IntegrityError} when the bytes are not what was sealed for this place
 */
export async function openUnderRing(ring: KeyRing, place: readonly string[], bytes: Uint8Array): Promise<Bytes> {
  const id = ringKeyOf(bytes);
  const wrapping = ring.find(id);
  if (!wrapping) throw new SetupError(`the key ring does not hold key "${id}", which sealed ${place.join(" ")}: put back the key ring that belongs to this data`);
  const headerLength = 2 + utf8(id).length;
  const plaintext = await decrypt(wrapping.key, concat(bytes.subarray(0, headerLength), lengthPrefixed(place)), bytes.subarray(headerLength));
  if (!plaintext) throw new IntegrityError(`${place.join(" ")}: the sealed bytes do not belong here, were changed, or belong to another key ring`);
  return plaintext;
}

/** Id of the ring key that sealed these bytes. @throws {IntegrityError} when they are not in this format */
export function ringKeyOf(bytes: Uint8Array): string {
  const [version, length] = bytes;
  if (version !== VERSION || length === undefined || bytes.length < 2 + length) throw unknownFormat();
  try {
    return fromUtf8(bytes.subarray(2, 2 + length));
  } catch {
    throw unknownFormat(); // an id is text
  }
}

function unknownFormat(): IntegrityError {
  return new IntegrityError("sealed in an unknown format");
}
