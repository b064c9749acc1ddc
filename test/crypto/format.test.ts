/** The formats on the disk, made by another implementation: whoever changes them loses data that was sealed before. */
import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hashSecret, newSecret, toBase64Url } from "../../runtime/crypto/bytes.ts";
import { open } from "../../runtime/crypto/envelope.ts";
import type { Binding } from "../../runtime/crypto/envelope.ts";
import { createKeyRing, openKeyRing } from "../../runtime/crypto/key-ring.ts";
import { openUnderRing } from "../../runtime/crypto/ring-seal.ts";

const secret = Buffer.from(Array.from({ length: 32 }, (_, index) => index));

function prefixed(fields: readonly string[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const bytes = Buffer.from(field);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** Header, nonce, ciphertext, tag; the header is authenticated, too. */
function sealElsewhere(header: Buffer, fields: readonly string[], content: string): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", secret, nonce);
  cipher.setAAD(Buffer.concat([header, prefixed(fields)]));
  return Buffer.concat([header, nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

describe("what was sealed before", () => {
  it("opens: an envelope, whose place is person, conversation, record, kind, role and sequence", async () => {
    const key = await crypto.subtle.importKey("raw", secret, "AES-GCM", false, ["decrypt"]);
    const binding: Binding = { person: "p", conversation: "ü", record: "", kind: "message", role: "user", sequence: 12 };
    const envelope = sealElsewhere(Buffer.from([1, 1]), ["p", "ü", "", "message", "user", "12"], "content");
    expect(new TextDecoder().decode(await open({ generation: 1, key }, binding, envelope))).toBe("content");
  });

  it("opens: bytes under the key ring, which name their key", async () => {
    const made = await createKeyRing(new Date(0));
    const ring = await openKeyRing({ ...made, wrapping: [{ id: "w-1", createdAt: made.wrapping[0]?.createdAt ?? "", secret: toBase64Url(secret) }] });
    const sealed = sealElsewhere(Buffer.from([1, 3, ...Buffer.from("w-1")]), ["setting", "model"], "{}");
    expect(new TextDecoder().decode(await openUnderRing(ring, ["setting", "model"], sealed))).toBe("{}");
  });
});

describe("a secret", () => {
  it("is 256 random bits in 43 letters, and stored as its SHA-256", async () => {
    expect(newSecret()).toMatch(/^[\w-]{43}$/);
    expect(newSecret()).not.toBe(newSecret());
    expect(await hashSecret("abc")).toBe(createHash("sha256").update("abc").digest("hex"));
  });
});
