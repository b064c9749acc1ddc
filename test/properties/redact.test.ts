import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redact } from "../../runtime/redact.ts";

const letters = (alphabet: string, minLength: number, maxLength: number) => fc.string({ unit: fc.constantFrom(...Array.from(alphabet)), minLength, maxLength });
const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const anything = fc.string({ unit: "binary", maxLength: 40 });
/** What stands beside a secret in practice, and would be one in part. */
const beside = fc.oneof(anything, fc.constantFrom("Bearer ", "key=", "?token=", "holdfast_", "sk-", "eyJ", "%3D", '"', ":", "[secret]"), letters(base64url, 0, 12));
/** Anything that a provider's key may be (models/model-settings.ts): printable ASCII without spaces. */
const secret = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)), minLength: 9, maxLength: 60 });

describe("redact", () => {
  it("lets no known secret through, whatever stands around it", () => {
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 3 }), fc.array(beside, { minLength: 4, maxLength: 4 }), (secrets, [a, b, c, d]) => {
        const text = `${a}${secrets[0]}${b}${secrets.at(-1)}${c}${secrets[0]}${secrets.at(-1)}${d}`;
        const masked = redact(text, secrets);
        for (const known of secrets) expect(masked).not.toContain(known);
      }),
      { numRuns: 1000 },
    );
  });

  it("lets no API key of its own through, known or not, whatever stands around it", () => {
    fc.assert(
      fc.property(letters(base64url, 43, 43), beside, beside, (random, before, after) => {
        expect(redact(`${before}holdfast_${random}${after}`)).not.toContain(random);
      }),
      { numRuns: 1000 },
    );
  });

  it("changes nothing of what it has masked once", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(beside, secret), { maxLength: 8 }), fc.array(secret, { maxLength: 2 }), (parts, secrets) => {
        fc.pre(secrets.every((known) => !"[secret]".includes(known)));
        const once = redact(parts.join(""), secrets);
        expect(redact(once, secrets)).toBe(once);
      }),
      { numRuns: 1000 },
    );
  });

  it("leaves text without secrets alone", () => {
    fc.assert(
      fc.property(anything, secret, (text, known) => {
        fc.pre(!text.includes(known) && !/bearer|basic|holdfast_|sk-|eyJ|=/i.test(text));
        expect(redact(text, [known, ""])).toBe(text);
      }),
    );
  });

  it("keeps what stands before and after a known secret", () => {
    fc.assert(
      fc.property(fc.lorem(), fc.lorem(), secret, (before, after, known) => {
        fc.pre(!before.includes(known) && !after.includes(known));
        expect(redact(`${before} ${known} ${after}`, [known])).toBe(`${before} [secret] ${after}`);
      }),
    );
  });
});
