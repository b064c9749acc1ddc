import { describe, expect, it } from "vitest";
import { createKeyRing, openKeyRing, rotateKeyRing } from "../../runtime/crypto/key-ring.ts";
import { open, seal } from "../../runtime/crypto/envelope.ts";
import type { Binding, DataKey } from "../../runtime/crypto/envelope.ts";
import { createPersonKeys } from "../../runtime/crypto/person-keys.ts";
import { ringKeyOf } from "../../runtime/crypto/ring-seal.ts";
import { utf8 } from "../../runtime/crypto/bytes.ts";
import { SetupError } from "../../runtime/problems.ts";
import { memoryBlobs } from "../support/memory-blobs.ts";

const now = new Date(0);
const people = ["ada", "bob", "cleo", "dora"];
const binding: Binding = { person: "p", conversation: "c", record: "r", kind: "message", role: "user", sequence: 0 };

/** Four people's keys, wrapped by the first key of a ring, and what each of them sealed. */
async function fourPeople() {
  const before = await createKeyRing(now);
  const after = rotateKeyRing(before, now);
  const keyStore = memoryBlobs();
  const keys = createPersonKeys(keyStore, await openKeyRing(before));
  const sealed = new Map<string, Uint8Array>();
  for (const person of people) sealed.set(person, await seal(await keys.create(person), binding, utf8(`${person}'s`)));
  return {
    keyStore,
    sealed,
    before,
    after,
    rotated: createPersonKeys(keyStore, await openKeyRing(after)),
    retired: createPersonKeys(keyStore, await openKeyRing({ ...after, wrapping: after.wrapping.slice(1) })),
    wrappedBy: () => people.map((person) => ringKeyOf(keyStore.files.get(`people/${person}`) ?? new Uint8Array())),
    opens: async (get: (person: string) => Promise<DataKey>) => Promise.all(people.map(async (person) => new TextDecoder().decode(await open(await get(person), binding, sealed.get(person) ?? new Uint8Array())))),
  };
}

const theirs = people.map((person) => `${person}'s`);

describe("a person's data key", () => {
  it("opens what was sealed with it after the ring was rotated, rewrapped or not", async () => {
    const { rotated, opens, wrappedBy, before, after } = await fourPeople();
    expect(await opens(rotated.get)).toEqual(theirs);
    expect(wrappedBy()).toEqual(people.map(() => before.wrapping[0]?.id));
    expect(await rotated.rewrap()).toBe(4);
    expect(wrappedBy()).toEqual(people.map(() => after.wrapping[1]?.id));
    expect(await opens(rotated.get)).toEqual(theirs);
  });

  it("is not wrapped again when the newest key wraps it already", async () => {
    const { rotated, keyStore } = await fourPeople();
    await rotated.rewrap();
    const wrapped = new Map(keyStore.files);
    expect(await rotated.rewrap()).toBe(0);
    expect(keyStore.files).toEqual(wrapped);
  });

  it.each([1, 2, 3, 4])("survives a rewrap that breaks off at file %i, and the next one finishes", async (failing) => {
    const { rotated, retired, keyStore, opens, wrappedBy, after } = await fourPeople();
    const { put } = keyStore;
    let puts = 0;
    keyStore.put = async (key, bytes) => {
      puts += 1;
      if (puts === failing) throw new Error("the disk is gone");
      await put(key, bytes);
    };
    await expect(rotated.rewrap()).rejects.toThrow("the disk is gone");
    expect(wrappedBy().filter((id) => id === after.wrapping[1]?.id)).toHaveLength(failing - 1);
    expect(await opens(rotated.get)).toEqual(theirs);

    expect(await rotated.rewrap()).toBe(5 - failing);
    expect(await opens(retired.get)).toEqual(theirs);
  });

  it("is not read once its ring key was retired too early, and the error says which key is missing", async () => {
    const { retired, rotated, before, opens } = await fourPeople();
    const error: unknown = await retired.get("ada").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SetupError);
    expect(error).toMatchObject({ message: `the key ring does not hold key "${before.wrapping[0]?.id}", which sealed data key of person ada: put back the key ring that belongs to this data` });
    await expect(retired.rewrap()).rejects.toThrow("the key ring does not hold key");
    expect(await opens(rotated.get)).toEqual(theirs);
  });

  it("of another ring does not open, even when the key's id is the same", async () => {
    const { keyStore, before } = await fourPeople();
    const stranger = await createKeyRing(now);
    const disguised = { ...stranger, wrapping: stranger.wrapping.map((key) => ({ ...key, id: before.wrapping[0]?.id ?? "" })) };
    await expect(createPersonKeys(keyStore, await openKeyRing(disguised)).get("ada")).rejects.toThrow("data key of person ada: the sealed bytes do not belong here, were changed, or belong to another key ring");
  });

  it("of somebody else does not open in its place", async () => {
    const { rotated, keyStore } = await fourPeople();
    keyStore.files.set("people/ada", keyStore.files.get("people/bob") ?? new Uint8Array());
    await expect(rotated.get("ada")).rejects.toThrow("data key of person ada: the sealed bytes do not belong here, were changed, or belong to another key ring");
  });

  it("is gone as soon as its file is, and so is everything that it sealed", async () => {
    const { rotated, keyStore } = await fourPeople();
    await rotated.get("ada");
    keyStore.files.delete("people/ada");
    await expect(rotated.get("ada")).rejects.toMatchObject({ reason: "key_missing" });
    expect((await rotated.get("bob")).generation).toBe(1);
  });

  it("is never in the key store as it is", async () => {
    const { keyStore, rotated } = await fourPeople();
    const { key } = await rotated.get("ada");
    await expect(crypto.subtle.exportKey("raw", key)).rejects.toThrow();
    expect([...keyStore.files.values()].map(({ length }) => length)).toEqual(people.map(() => 2 + 10 + 12 + 33 + 16));
  });
});
