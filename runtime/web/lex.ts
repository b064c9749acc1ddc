import { Lexer, type Token, type TokensList } from "marked";
import { visible } from "./visible.ts";

/** The blocks of a text in order, or "too_much" when it is too long, or nested too deep, to be worth the time. */
export type Lexed = TokensList | "too_much";

const MOST_CHARACTERS = 200_000;
/** Some inline rules take time in the square of a paragraph's length; past this it stays as it was written. */
const MOST_IN_A_PARAGRAPH = 5_000;
/** The lexer calls itself for each level, until the stack is full. */
const TOO_DEEP = /^(?:[ \t]*>){30}|^[ \t]{120}|^(?:[ \t]*(?:[-+*]|\d{1,9}[.)])[ \t]){30}/m;

export function lex(source: string): Lexed {
  const text = visible(source);
  return tooMuch(text) ? "too_much" : lexFrom(text, Object.create(null));
}

/**
 * Lexes a text that grows, in time that depends on what was added: blocks that ended stay, and the last two are lexed
 * again. A reference whose definition comes later than two blocks after it is resolved by `lex` alone.
 */
export function createGrowingLexer(): (source: string) => Lexed {
  let before = "";
  let tokens: TokensList = Object.assign([], { links: {} });
  return function growing(source) {
    const text = visible(source);
    if (tooMuch(text)) return "too_much";
    const { kept, length } = text.startsWith(before) ? settled(tokens) : { kept: [], length: 0 };
    const tail = lexFrom(text.slice(length), kept.length === 0 ? Object.create(null) : tokens.links);
    tokens = Object.assign([...kept, ...tail], { links: tail.links });
    before = text;
    return tokens;
  };
}

function tooMuch(text: string): boolean {
  return text.length > MOST_CHARACTERS || TOO_DEEP.test(text);
}

/** Everything before the last two blocks: what follows can still change those, as an underline makes a heading of a paragraph. */
function settled(tokens: readonly Token[]): { kept: readonly Token[]; length: number } {
  let end = tokens.length;
  for (let blocks = 0; end > 0 && blocks < 2; end--) if (tokens[end - 1]?.type !== "space") blocks++;
  const kept = tokens.slice(0, end);
  return { kept, length: kept.reduce((sum, { raw }) => sum + raw.length, 0) };
}

/** Lexer.lex, except that a paragraph that is too long stays text. */
function lexFrom(text: string, links: TokensList["links"]): TokensList {
  const lexer = new Lexer({ gfm: true });
  lexer.tokens.links = links;
  const { tokens } = lexer;
  lexer.blockTokens(text, tokens);
  for (const { src, tokens: into } of lexer.inlineQueue) {
    lexer.state.inRawBlock = false;
    if (src.length > MOST_IN_A_PARAGRAPH) into.push({ type: "text", raw: src, text: src });
    else lexer.inlineTokens(src, into);
  }
  return tokens;
}
