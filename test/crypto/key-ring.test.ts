import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toBase64Url, utf8 } from "../../runtime/crypto/bytes.ts";
import { createKeyRing, openKeyRing, parseKeyRing, rotateKeyRing } from "../../runtime/crypto/key-ring.ts";
import type { KeyRingDocument } from "../../runtime/crypto/key-ring.ts";
import { SetupError } from "../../runtime/problems.ts";

const now = new Date("2026-11-22T12:00:00Z");
const document = await createKeyRing(now);
const text = JSON.stringify(document, null, 2);
const secrets = [...document.wrapping, ...document.signing].map(({ secret }) => secret);

/** RFC 8032, section 7.1, TEST 2. */
const rfc8032 = {
  seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
  publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
  message: Uint8Array.of(0x72),
  signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
};
const pkcs8 = Uint8Array.fromHex(`302e020100300506032b657004220420${rfc8032.seed}`);

function withSecret(kind: "wrapping" | "signing", secret: string): KeyRingDocument {
  return { ...document, [kind]: document[kind].map((key) => ({ ...key, secret })) };
}

/** The error of opening a ring, or of reading its text. */
async function errorOf(damaged: string): Promise<unknown> {
  try {
    await openKeyRing(parseKeyRing(damaged));
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("a key ring", () => {
  it("is made of one key that wraps and one that signs, and is read back as it was written", async () => {
    expect(document).toMatchObject({ format: "holdfast-keyring/1", wrapping: [{ createdAt: now.toISOString() }], signing: [{ createdAt: now.toISOString() }] });
    expect(Buffer.from(document.wrapping[0]?.secret ?? "", "base64url")).toHaveLength(32);
    expect(parseKeyRing(text)).toEqual(document);
    const ring = await openKeyRing(document);
    expect(ring.newest.id).toBe(document.wrapping[0]?.id);
    expect([...ring.verifying.keys()]).toEqual([document.signing[0]?.id]);
    expect((await createKeyRing(now)).wrapping[0]?.secret).not.toBe(document.wrapping[0]?.secret);
  });

  it("wraps with the newest key after a rotation, and still finds the older ones", async () => {
    const rotated = rotateKeyRing(rotateKeyRing(document, now), now);
    const ring = await openKeyRing(parseKeyRing(JSON.stringify(rotated)));
    expect(rotated.wrapping).toHaveLength(3);
    expect(ring.newest.id).toBe(rotated.wrapping[2]?.id);
    expect(rotated.wrapping.map(({ id }) => ring.find(id)?.id)).toEqual(rotated.wrapping.map(({ id }) => id));
    expect(ring.find("w-unknown")).toBeUndefined();
    expect(rotated.signing).toEqual(document.signing);
  });

  it("keeps the keys that wrap from being taken out of the process", async () => {
    const { newest } = await openKeyRing(document);
    await expect(crypto.subtle.exportKey("raw", newest.key)).rejects.toThrow();
  });

  it("signs as RFC 8032 says", async () => {
    const { signing } = await openKeyRing(withSecret("signing", toBase64Url(pkcs8)));
    expect(new Uint8Array(await crypto.subtle.exportKey("raw", signing.publicKey)).toHex()).toBe(rfc8032.publicKey);
    const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", signing.privateKey, rfc8032.message));
    expect(signature.toHex()).toBe(rfc8032.signature);
    expect(await crypto.subtle.verify("Ed25519", signing.publicKey, signature, rfc8032.message)).toBe(true);
    expect(await crypto.subtle.verify("Ed25519", signing.publicKey, signature, utf8("s"))).toBe(false);
  });
});

describe("a damaged key ring", () => {
  it.each([
    ["it is not JSON", text.slice(0, -3)],
    ["it is not JSON", ""],
    ["the document", "[]"],
    ["the document", "null"],
    ["the document", JSON.stringify({ ...document, other: secrets[0] })],
    ["format", JSON.stringify({ ...document, format: secrets[0] })],
    ["wrapping", JSON.stringify({ ...document, wrapping: [] })],
    ["signing.0.createdAt", JSON.stringify({ ...document, signing: [{ ...document.signing[0], createdAt: secrets[1] }] })],
    ["wrapping.0.secret", JSON.stringify(withSecret("wrapping", "")).replaceAll('"secret":""', `"secret":{"is":"${secrets[0]}"}`)],
  ])("is refused with the place that is wrong: %s", async (place, damaged) => {
    const error = await errorOf(damaged);
    expect(error).toBeInstanceOf(SetupError);
    expect(error).toMatchObject({ message: `the key ring is damaged (${place}): put back the copy that belongs to this data` });
  });

  it.each([
    ["wrapping", toBase64Url(new Uint8Array(16)), "has 16 bytes, must have 32"],
    ["wrapping", "not base64url!", "is not base64url"],
    ["wrapping", `${secrets[0]}=`, "is not base64url"],
    ["signing", toBase64Url(new Uint8Array(48)), "is not an Ed25519 private key"],
    ["signing", "", "is not an Ed25519 private key"],
    // X25519 in place of Ed25519 (RFC 8410).
    ["signing", toBase64Url(pkcs8.with(11, 0x6e)), "is not an Ed25519 private key"],
  ] as const)("is refused when a key is not of its kind: %s %s", async (kind, secret, fault) => {
    const error = await errorOf(JSON.stringify(withSecret(kind, secret)));
    expect(error).toBeInstanceOf(SetupError);
    expect(String(error)).toContain(fault);
  });

  it("never repeats a secret in the error, whatever was damaged", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.nat(3), fc.constantFrom("", '"', "x", "\0", "}", "=", ","), async (at, removed, inserted) => {
        const error = await errorOf(text.slice(0, at) + inserted + text.slice(at + removed));
        const said = error instanceof Error ? `${error.message}${String(error.cause)}` : "";
        for (const secret of secrets) {
          for (let from = 0; from + 12 <= secret.length; from += 4) expect(said).not.toContain(secret.slice(from, from + 8));
        }
        if (error !== undefined) expect(error).toBeInstanceOf(SetupError);
      }),
      { numRuns: 500 },
    );
  });
});
