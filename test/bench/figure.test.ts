import { describe, expect, it } from "vitest";
import { inWords, isWithin, measured } from "./figure.ts";
import { plot } from "./plot.ts";
import { counted, quantile, summary } from "./statistics.ts";
import { table } from "./table.ts";
import type { Figure } from "./figure.ts";

const slow: Figure = { what: "ready", unit: "ms", against: counted(50), holdfast: counted(200), judged: { by: "ratio", limit: 3 } };
const added: Figure = { what: "added <time>", unit: "ms", against: counted(1), holdfast: counted(2.5), judged: { by: "difference", limit: 3.4 } };
const prompt: Figure = { what: "prompt", unit: "tokens", holdfast: counted(300), judged: { by: "value", limit: 300 } };
const reported: Figure = { what: "write", unit: "ms", holdfast: summary([1, 2, 3]) };

describe("quantile", () => {
  it("lies between the two nearest samples", () => {
    expect([quantile([4, 1, 3, 2], 0.5), quantile([5], 0.95), quantile([0, 10], 0.95)]).toEqual([2.5, 5, 9.5]);
  });

  it("needs a sample", () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });
});

describe("a figure", () => {
  it("is judged by ratio, by difference or by value, the limit itself being within", () => {
    expect([slow, added, prompt].map((figure) => [measured(figure), isWithin(figure)])).toEqual([[4, false], [1.5, true], [300, true]]);
  });

  it("without a limit is neither within nor beyond", () => {
    expect([measured(reported), isWithin(reported)]).toEqual([undefined, undefined]);
  });

  it("that is not a number is not within", () => {
    expect(isWithin({ ...slow, against: counted(0), holdfast: counted(0) })).toBe(false);
  });

  it("is put in words of its unit", () => {
    expect([inWords(4, slow), inWords(1.5, added), inWords(-0.25, added), inWords(300, prompt)]).toEqual(["4.00×", "+1.50 ms", "-0.25 ms", "300 tokens"]);
  });
});

describe("the table", () => {
  it("says which limit is missed", () => {
    expect(table([slow, added, prompt, reported]).split("\n").map((line) => line.trim().split(/\s\s+/u).at(-1))).toEqual(["ok", "---", "NO", "yes", "yes", "3"]);
  });
});

describe("the plot", () => {
  it("shows judged figures alone, escapes their names, and never draws beyond its frame", () => {
    const svg = plot([slow, added, prompt, reported], "a & b");
    expect(svg.match(/<rect /gu)).toHaveLength(3);
    expect(svg).toContain("added &lt;time&gt;");
    expect(svg).toContain("a &amp; b");
    expect(Math.max(...[...svg.matchAll(/width="(\d+)"/gu)].map((match) => Number(match[1])))).toBe(830);
  });
});
