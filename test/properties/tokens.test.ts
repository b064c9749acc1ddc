import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimateMessageTokens, estimateTokens } from "../../runtime/chat/tokens.ts";

const text = fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), fc.lorem(), fc.string({ unit: fc.constantFrom("a", " ", "\n", "é", "漢", "か", "한", "😀", "=", "1"), maxLength: 60 }));
const words = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "é", "漢", "7"), minLength: 1, maxLength: 30 }), { maxLength: 20 });

describe("the estimate of tokens", () => {
  it("is a whole number, at least one for every eight characters and at most two for each", () => {
    fc.assert(
      fc.property(text, (content) => {
        const tokens = estimateTokens(content);
        expect(Number.isInteger(tokens)).toBe(true);
        expect(tokens).toBeGreaterThanOrEqual(Math.ceil(content.length / 8));
        expect(tokens).toBeLessThanOrEqual(2 * content.length);
        expect(estimateMessageTokens({ text: content })).toBe(tokens + 4);
      }),
      { numRuns: 1000 },
    );
  });

  it("does not shrink when words are added, in front or behind", () => {
    fc.assert(
      fc.property(words, words, (before, after) => {
        const both = estimateTokens([...before, ...after].join(" "));
        expect(both).toBeGreaterThanOrEqual(estimateTokens(before.join(" ")));
        expect(both).toBeGreaterThanOrEqual(estimateTokens(after.join(" ")));
      }),
      { numRuns: 500 },
    );
  });

  it("is nothing for nothing", () => {
    expect(estimateTokens("")).toBe(0);
  });

  // Found again from every place, a word of this length would take hours.
  it.each([
    ["x", 142_858],
    ["é", 222_223],
    ["漢", 833_334],
    ["か", 740_741],
    ["7", 333_334],
    [" ", 125_000],
    ["\n", 125_000],
    ["=", 166_667],
    ["\u0000", 142_858],
    ["\uD83D", 142_858],
    ["a-", 1_000_000],
    ["a ", 500_000],
  ])("comes to an end on a megabyte of %j", (unit, tokens) => {
    expect(estimateTokens(unit.repeat(1_000_000 / unit.length))).toBe(tokens);
  });
});
