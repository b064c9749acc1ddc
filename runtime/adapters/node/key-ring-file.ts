/** The key ring as a file of mode 0600 in the data directory. */
import { existsSync } from "node:fs";
import { createKeyRing, openKeyRing, parseKeyRing } from "../../crypto/key-ring.ts";
import type { KeyRing, KeyRingDocument } from "../../crypto/key-ring.ts";
import { SetupError } from "../../problems.ts";
import type { DataDirectory } from "./data-directory.ts";
import { readPrivateFile, writePrivateFile } from "./private-file.ts";

/**
 * Reads the ring; makes one where there is no data yet that an earlier one could have sealed.
 * @throws {SetupError} when it is missing beside data, damaged, or readable by others
 */
export async function loadKeyRing(directory: DataDirectory, now: Date): Promise<KeyRing> {
  return openKeyRing(readKeyRingDocument(directory) ?? (await makeKeyRing(directory, now)));
}

export function readKeyRingDocument({ keyRing }: DataDirectory): KeyRingDocument | undefined {
  const text = readPrivateFile(keyRing, `the key ring ${keyRing}`);
  return text === undefined ? undefined : parseKeyRing(text);
}

export function writeKeyRingDocument({ keyRing }: DataDirectory, ring: KeyRingDocument): void {
  writePrivateFile(keyRing, `${JSON.stringify(ring, null, 2)}\n`);
}

async function makeKeyRing(directory: DataDirectory, now: Date): Promise<KeyRingDocument> {
  if (existsSync(directory.store)) {
    throw new SetupError(`there is data in ${directory.path}, but its key ring ${directory.keyRing} is gone: put it back from your copy. Without it nothing of the data can be read; to begin anew, move the directory aside`);
  }
  const ring = await createKeyRing(now);
  writeKeyRingDocument(directory, ring);
  return ring;
}
