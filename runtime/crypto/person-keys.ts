/**
 * Each person's data key, wrapped by the key ring, in a key store apart from the database. Whoever destroys a person's
 * file there has erased the person: nothing else can open what was sealed with it.
 */
import type { Blobs } from "../ports.ts";
import { Problem } from "../problems.ts";
import { randomBytes, sameBytes } from "./bytes.ts";
import type { Bytes } from "./bytes.ts";
import type { DataKey } from "./envelope.ts";
import { openUnderRing, ringKeyOf, sealUnderRing } from "./ring-seal.ts";
import type { KeyRing } from "./key-ring.ts";

const FOLDER = "people/";
/** People whose unwrapped keys are kept in memory. The key store is still read each time, so that erasure holds at once. */
const CACHED_PEOPLE = 1024;

export interface PersonKeys {
  /** Makes and stores a first key. */
  create(person: string): Promise<DataKey>;
  /** @throws {Problem} `key_missing` when there is none: the person was erased, or the key store was lost */
  get(person: string): Promise<DataKey>;
  /** Wraps with the ring's newest key whatever an older one wraps. Can be run again. Returns how many were rewrapped. */
  rewrap(): Promise<number>;
}

export function createPersonKeys(keyStore: Blobs, ring: KeyRing): PersonKeys {
  const cache = new Map<string, { readonly wrapped: Uint8Array; readonly dataKey: DataKey }>();

  async function get(person: string): Promise<DataKey> {
    const wrapped = await keyStore.get(FOLDER + person);
    if (!wrapped) {
      cache.delete(person);
      throw new Problem("key_missing", { detail: "this person's data key is not in the key store; without it their data cannot be read", fix: "restore the key store from a backup, unless the person was erased" });
    }
    const cached = cache.get(person);
    if (cached && sameBytes(cached.wrapped, wrapped)) return cached.dataKey;
    const dataKey = await unwrap(ring, person, wrapped);
    if (cache.size >= CACHED_PEOPLE) cache.clear();
    cache.set(person, { wrapped, dataKey });
    return dataKey;
  }

  return {
    get,
    async create(person) {
      await keyStore.put(FOLDER + person, await sealUnderRing(ring, place(person), firstKey()));
      return get(person);
    },
    async rewrap() {
      let count = 0;
      for (const path of await keyStore.list(FOLDER)) {
        const person = path.slice(FOLDER.length);
        const wrapped = await keyStore.get(path);
        if (!wrapped || ringKeyOf(wrapped) === ring.newest.id) continue;
        const plain = await openUnderRing(ring, place(person), wrapped);
        await keyStore.put(path, await sealUnderRing(ring, place(person), plain));
        plain.fill(0);
        count += 1;
      }
      return count;
    },
  };
}

function place(person: string): string[] {
  return ["data key of person", person];
}

/** Generation (1 byte) and the key (32 bytes). */
function firstKey(): Bytes {
  const bytes = randomBytes(33);
  bytes[0] = 1;
  return bytes;
}

async function unwrap(ring: KeyRing, person: string, wrapped: Uint8Array): Promise<DataKey> {
  const plain = await openUnderRing(ring, place(person), wrapped);
  const key = await crypto.subtle.importKey("raw", plain.subarray(1), "AES-GCM", false, ["encrypt", "decrypt"]);
  const generation = plain[0] ?? 0;
  plain.fill(0);
  return { generation, key };
}
