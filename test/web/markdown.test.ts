import fc from "fast-check";
import type { Token } from "marked";
import { describe, expect, it } from "vitest";
import { createGrowingLexer, lex } from "../../runtime/web/lex.ts";
import { renderBlock } from "../../runtime/web/tokens.tsx";
import { elements, textOf, type Element } from "./support/elements.ts";
import { hostileAnswers } from "./support/hostile.ts";

function render(source: string) {
  const tokens = lex(source);
  if (tokens === "too_much") throw new Error("too much to lex");
  return tokens.map((token) => renderBlock(token));
}

const names = "a blockquote br code del em h3 h4 h5 h6 hr li ol p pre span strong table tbody td th thead tr ul div figure figcaption CodeBlock".split(" ");
const props = "children class href title target rel start role tabIndex aria-label text language key".split(" ");

/** What a model's answer may become, and nothing else. */
function expectHarmless(all: readonly Element[]): void {
  for (const element of all) {
    expect(names).toContain(element.name);
    for (const prop of Object.keys(element.props)) expect(props).toContain(prop);
    if (element.name !== "a") continue;
    expect(String(element.props["href"])).toMatch(/^(https?:\/\/|mailto:)/);
    expect(element.props).toMatchObject({ rel: "noopener noreferrer nofollow", target: "_blank" });
  }
}

describe("a model's answer", () => {
  it.each(hostileAnswers)("becomes harmless elements: %s", (answer) => {
    expectHarmless(elements(render(answer)));
  });

  it("becomes harmless elements, however hostile pieces are put together", () => {
    const piece = fc.oneof(fc.constantFrom(...hostileAnswers), fc.constantFrom("> ", "- ", "1. ", "\n\n", "| ", "`", "**", "_", "[", "](", ")", "![", "<", ">", "    "), fc.string({ maxLength: 8 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => expectHarmless(elements(render(pieces.join(""))))),
      { numRuns: 300 },
    );
  });

  it("shows raw HTML as the text that it is", () => {
    expect(textOf(render("a <b>bold</b> word\n\n<script>alert(1)</script>\n\n<!-- c -->"))).toBe("a <b>bold</b> word<script>alert(1)</script><!-- c -->");
  });

  it("names a remote image and loads nothing", () => {
    const tree = render("![the plan](https://evil.example/p.png)");
    expect(textOf(tree)).toBe("[image: the plan, https://evil.example/p.png]");
    expect(elements(tree).map(({ name }) => name)).toEqual(["p", "span"]);
  });

  it("shows where a refused link would have gone", () => {
    expect(textOf(render("[click](javascript:alert)"))).toBe("click (javascript:alert)");
  });

  it("resolves character references in text, and never in code", () => {
    expect(textOf(render("a &amp; b &mdash; `c &amp; d`"))).toBe("a & b — c &amp; d");
  });

  it("renders what models write: headings, lists, tasks, tables, code", () => {
    const tree = render("# Title\n\n1. one\n   - inner\n2. two\n\n- [x] done\n\n| a | b |\n|:-:|--:|\n| 1<br>2 | 3 |\n\n```ts\nlet x = 1 < 2;\n```");
    const all = elements(tree);
    expect(all.map(({ name }) => name)).toEqual(
      "h3 ol li ul li li ul li span div table thead tr th th tbody tr td br td CodeBlock".split(" "),
    );
    expect(all.at(-1)?.props).toMatchObject({ language: "ts", text: "let x = 1 < 2;" });
    expect(all.filter(({ name }) => name === "td").map(({ props: { class: align } }) => align)).toEqual(["center", "right"]);
  });

  it.each([
    ["very long", "word ".repeat(50_000)],
    ["deep in quotes", ">".repeat(5_000)],
    ["deep in quotes with spaces", "> ".repeat(5_000)],
    ["deep in lists", "- ".repeat(5_000)],
  ])("stays plain when it is %s", (_, source) => {
    expect(lex(source)).toBe("too_much");
  });

  it.each([
    ["underscores", "_a".repeat(90_000)],
    ["brackets", "[".repeat(190_000)],
    ["half an address", "a.".repeat(90_000) + "@"],
    ["stars", "*a **b ".repeat(25_000)],
    ["paragraphs of underscores", ("_a".repeat(2_400) + "\n\n").repeat(41)],
    ["rows", "|a|b|\n|-|-|\n" + "|_a_|`b`|\n".repeat(15_000)],
  ])("is lexed in bounded time: %s", (_, source) => {
    const start = performance.now();
    lex(source);
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});

describe("an answer that grows", () => {
  const answer = "# A\n\ntext with [a link](https://x.example) and\nmore\n\n- one\n- two\n\n  inside\n- three\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\nlet a;\n\nlet b;\n```\n\nTitle\n=====\n\n> quote\nlazy\n\n1. x\n2. y\n\n<div>\nraw\n</div>\n\nend `code` **bold**";

  it("ends with the same blocks as when it is lexed whole, however it arrives", () => {
    const whole = outline(lex(answer));
    fc.assert(
      fc.property(fc.array(fc.nat(answer.length), { maxLength: 30 }), (cuts) => {
        const growing = createGrowingLexer();
        for (const end of cuts.toSorted((a, b) => a - b)) growing(answer.slice(0, end));
        expect(outline(growing(answer))).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });

  it("is lexed in time that depends on what is new", () => {
    const growing = createGrowingLexer();
    const start = performance.now();
    const block = "A paragraph of **some** length, with `code` and a [link](https://x.example).\n\n";
    for (let length = block.length; length <= 2_000 * block.length; length += block.length) growing(block.repeat(2_000).slice(0, length));
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});

function outline(tokens: ReturnType<typeof lex>): unknown {
  return tokens === "too_much" ? tokens : tokens.map((token: Token) => [token.type, token.raw, "tokens" in token ? token.tokens?.length : 0]);
}
