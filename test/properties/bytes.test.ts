import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, fromBase64Url, fromUtf8, lengthPrefixed, toBase64Url, toHex, utf8 } from "../../runtime/crypto/bytes.ts";

const text = fc.string({ unit: "binary" });

describe("base64url", () => {
  it("gives back the bytes, in letters that an address may hold", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const encoded = toBase64Url(bytes);
        expect(encoded).toMatch(/^[\w-]*$/);
        expect(encoded).toBe(Buffer.from(bytes).toString("base64url"));
        expect(fromBase64Url(encoded)).toEqual(bytes);
      }),
    );
  });

  it("knows one text for the same bytes: any other is refused or stands for other bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(), fc.constantFrom("", " ", "=", "\n", "+", "/", "A", "-"), fc.boolean(), (bytes, at, inserted, replace) => {
        const encoded = toBase64Url(bytes);
        const index = at % (encoded.length + 1);
        const other = encoded.slice(0, index) + inserted + encoded.slice(replace ? index + 1 : index);
        fc.pre(other !== encoded);
        expect(decoded(other)).not.toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it("refuses the other alphabet, padding, white space and left-over bits", () => {
    expect(["+/+/", "QQ==", "QUI=", " QUJD", "QR", "A", "ä"].map(decoded)).toEqual(Array.from({ length: 7 }, () => undefined));
  });
});

describe("length-prefixed fields", () => {
  it("differ whenever the fields do, however they are cut", () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 5 }), (whole, first, second) => {
        const [a, b] = [cut(whole, first), cut(whole, second)];
        expect(toHex(lengthPrefixed(a)) === toHex(lengthPrefixed(b))).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 500 },
    );
  });

  it("differ whenever the fields do, whatever they hold", () => {
    const fields = fc.array(fc.string({ unit: fc.constantFrom("", "\0", "\u0001", "a", "\u00E4") }), { maxLength: 4 });
    fc.assert(
      fc.property(fields, fields, (a, b) => {
        expect(toHex(lengthPrefixed(a)) === toHex(lengthPrefixed(b))).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 500 },
    );
  });

  it("are each field's length in four bytes, and the field", () => {
    expect(lengthPrefixed(["", "\u00E4b"])).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 3, 0xc3, 0xa4, 0x62));
  });
});

describe("text and bytes", () => {
  it("go into each other", () => {
    fc.assert(
      fc.property(text, fc.array(fc.uint8Array()), (written, parts) => {
        expect(fromUtf8(utf8(written))).toBe(written);
        expect(Buffer.compare(concat(...parts), Buffer.concat(parts))).toBe(0);
      }),
    );
  });

  it("refuse bytes that are no text", () => {
    expect(() => fromUtf8(Uint8Array.of(0xc3, 0x28))).toThrow(TypeError);
    expect(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe("\uFEFFa");
  });
});

function decoded(encoded: string): Uint8Array | undefined {
  try {
    return fromBase64Url(encoded);
  } catch {
    return undefined;
  }
}

function cut(whole: string, at: readonly number[]): string[] {
  const characters = Array.from(whole);
  const places = at.map((place) => place % (characters.length + 1)).toSorted((a, b) => a - b);
  return [0, ...places].map((from, index) => characters.slice(from, places[index] ?? characters.length).join(""));
}
