import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomBytes } from "../../runtime/crypto/bytes.ts";
import { IntegrityError, open, seal } from "../../runtime/crypto/envelope.ts";
import type { Binding, DataKey } from "../../runtime/crypto/envelope.ts";
import { createKeyRing, openKeyRing } from "../../runtime/crypto/key-ring.ts";
import { openUnderRing, sealUnderRing } from "../../runtime/crypto/ring-seal.ts";

async function newKey(generation: number): Promise<DataKey> {
  return { generation, key: await crypto.subtle.importKey("raw", randomBytes(32), "AES-GCM", false, ["encrypt", "decrypt"]) };
}

const dataKey = await newKey(1);
const ring = await openKeyRing(await createKeyRing(new Date(0)));

const id = fc.string({ unit: "binary", maxLength: 40 });
const bindings: fc.Arbitrary<Binding> = fc.record({
  person: id,
  conversation: id,
  record: id,
  kind: fc.constantFrom("message", "conversation", "person", "api-key", "session", "link"),
  role: fc.constantFrom("user", "assistant", ""),
  sequence: fc.nat(Number.MAX_SAFE_INTEGER),
});
const contents = fc.uint8Array({ maxLength: 200 }).map((bytes) => Uint8Array.from(bytes));

describe("an envelope", () => {
  it("opens to what was sealed, and is 30 bytes longer", async () => {
    await fc.assert(
      fc.asyncProperty(bindings, contents, async (binding, content) => {
        const envelope = await seal(dataKey, binding, content);
        expect(envelope.length).toBe(content.length + 30);
        expect(await open(dataKey, binding, envelope)).toEqual(content);
      }),
    );
  });

  it("opens in no other place: any other value of any one field refuses", async () => {
    await fc.assert(
      fc.asyncProperty(bindings, bindings, fc.constantFrom("person", "conversation", "record", "kind", "role", "sequence"), contents, async (binding, other, field, content) => {
        fc.pre(binding[field] !== other[field]);
        const envelope = await seal(dataKey, binding, content);
        await expect(open(dataKey, { ...binding, [field]: other[field] }, envelope)).rejects.toThrow(IntegrityError);
      }),
    );
  });

  it("opens in no place whose fields only look alike when they are put together", async () => {
    await fc.assert(
      fc.asyncProperty(bindings, fc.nat(), contents, async (binding, at, content) => {
        const joined = Array.from(binding.person + binding.conversation);
        const place = at % (joined.length + 1);
        const moved = { ...binding, person: joined.slice(0, place).join(""), conversation: joined.slice(place).join("") };
        fc.pre(moved.person !== binding.person);
        await expect(open(dataKey, moved, await seal(dataKey, binding, content))).rejects.toThrow(IntegrityError);
      }),
    );
  });

  it("does not open when any one bit of it is another", async () => {
    await fc.assert(
      fc.asyncProperty(bindings, contents, fc.nat(), async (binding, content, at) => {
        const envelope = await seal(dataKey, binding, content);
        const bit = at % (envelope.length * 8);
        await expect(open(dataKey, binding, flip(envelope, bit))).rejects.toThrow(IntegrityError);
      }),
      { numRuns: 500 },
    );
  });

  it("does not open when it was cut, grew, or is any other bytes", async () => {
    await fc.assert(
      fc.asyncProperty(bindings, contents, fc.nat(), fc.uint8Array({ maxLength: 100 }), async (binding, content, length, other) => {
        const envelope = await seal(dataKey, binding, content);
        for (const bytes of [envelope.subarray(0, length % envelope.length), Uint8Array.of(...envelope, 0), Uint8Array.of(1, 1, ...other), other]) {
          await expect(open(dataKey, binding, bytes)).rejects.toThrow(IntegrityError);
        }
      }),
    );
  });

  it("does not open with another key, nor with one of another generation", async () => {
    const binding: Binding = { person: "p", conversation: "c", record: "r", kind: "message", role: "user", sequence: 0 };
    const envelope = await seal(dataKey, binding, Uint8Array.of(1));
    await expect(open(await newKey(1), binding, envelope)).rejects.toThrow("message r: the sealed bytes do not belong here, or were changed");
    await expect(open(dataKey, binding, envelope.with(0, 2))).rejects.toThrow("message r: sealed in format 2 with key generation 1, expected 1 and 1");
    await expect(open({ ...dataKey, generation: 2 }, binding, envelope)).rejects.toThrow("message r: sealed in format 1 with key generation 1, expected 1 and 2");
  });

  it("never repeats a nonce in a thousand", async () => {
    const binding: Binding = { person: "", conversation: "", record: "", kind: "link", role: "", sequence: 0 };
    const nonces = await Promise.all(Array.from({ length: 1000 }, async () => (await seal(dataKey, binding, new Uint8Array())).slice(2, 14).toHex()));
    expect(new Set(nonces).size).toBe(1000);
  });
});

describe("what the key ring seals", () => {
  it("opens in its place alone, and not when any one bit of it is another", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(id, { maxLength: 3 }), fc.array(id, { maxLength: 3 }), contents, fc.nat(), async (place, other, content, at) => {
        const sealed = await sealUnderRing(ring, place, content);
        expect(await openUnderRing(ring, place, sealed)).toEqual(content);
        await expect(openUnderRing(ring, place, flip(sealed, at % (sealed.length * 8)))).rejects.toThrow(/does not hold key|unknown format|do not belong here/);
        fc.pre(JSON.stringify(place) !== JSON.stringify(other));
        await expect(openUnderRing(ring, other, sealed)).rejects.toThrow(IntegrityError);
      }),
    );
  });
});

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.with(bit >> 3, (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
}
