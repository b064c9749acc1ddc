import type { Token, Tokens } from "marked";
import type { ComponentChildren, VNode } from "preact";
import { CodeBlock } from "./code-block.tsx";
import { resolveEntities } from "./entities.ts";
import { safeLink } from "./link.ts";

/** Deeper than this, what is inside stays as it was written. */
const MOST_LEVELS = 20;

/**
 * The elements of one block of Markdown. Tokens become elements one by one, so that no markup of the text's own ever
 * reaches the document: raw HTML is text, an image is its description and address, a link is one only when safeLink
 * says so.
 */
export function renderBlock(token: Token): ComponentChildren {
  return block(token, 0);
}

function blocks(tokens: readonly Token[] | undefined, level: number): ComponentChildren {
  return tokens?.map((token) => block(token, level + 1));
}

function block(token: Token, level: number): ComponentChildren {
  if (level > MOST_LEVELS) return token.raw;
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading": {
      // The page has its own first and second level.
      const Heading = (["h3", "h4", "h5", "h6", "h6", "h6"] as const)[(token as Tokens.Heading).depth - 1] ?? "h6";
      return <Heading>{inlines(token.tokens, level)}</Heading>;
    }
    case "paragraph":
      return <p>{inlines(token.tokens, level)}</p>;
    case "code":
      return <CodeBlock text={(token as Tokens.Code).text} language={(token as Tokens.Code).lang ?? ""} />;
    case "blockquote":
      return <blockquote>{blocks(token.tokens, level)}</blockquote>;
    case "hr":
      return <hr />;
    case "list":
      return list(token as Tokens.List, level);
    case "table":
      return table(token as Tokens.Table, level);
    case "html":
      return <p class="raw">{token.raw.trimEnd()}</p>;
    default:
      return inline(token, level);
  }
}

function list(token: Tokens.List, level: number): VNode {
  const items = token.items.map((item, index) => <li key={index} class={item.task ? "task" : undefined}>{blocks(item.tokens, level)}</li>);
  return token.ordered ? <ol start={token.start === "" ? 1 : token.start}>{items}</ol> : <ul>{items}</ul>;
}

function table(token: Tokens.Table, level: number): VNode {
  const cells = (row: readonly Tokens.TableCell[], Cell: "th" | "td") => row.map(({ align, tokens }, index) => <Cell key={index} class={align ?? undefined}>{inlines(tokens, level)}</Cell>);
  return (
    <div class="table" tabIndex={0} role="region" aria-label="Table">
      <table>
        <thead><tr>{cells(token.header, "th")}</tr></thead>
        <tbody>{token.rows.map((row, index) => <tr key={index}>{cells(row, "td")}</tr>)}</tbody>
      </table>
    </div>
  );
}

function inlines(tokens: readonly Token[] | undefined, level: number): ComponentChildren {
  return tokens?.map((token) => inline(token, level + 1));
}

function inline(token: Token, level: number): ComponentChildren {
  if (level > MOST_LEVELS) return token.raw;
  switch (token.type) {
    case "strong":
      return <strong>{inlines(token.tokens, level)}</strong>;
    case "em":
      return <em>{inlines(token.tokens, level)}</em>;
    case "del":
      return <del>{inlines(token.tokens, level)}</del>;
    case "codespan":
      return <code>{(token as Tokens.Codespan).text}</code>;
    case "br":
      return <br />;
    case "checkbox":
      return <span class="check" role="img" aria-label={(token as Tokens.Checkbox).checked ? "done" : "not done"}>{(token as Tokens.Checkbox).checked ? "☑" : "☐"} </span>;
    case "link":
      return link(token as Tokens.Link, level);
    case "image":
      return <span class="image">{image(token as Tokens.Image)}</span>;
    case "html":
      // Models break lines in table cells like this; it is the one tag that is more than text.
      return /^<br ?\/?>$/i.test(token.raw) ? <br /> : token.raw;
    case "escape":
      return (token as Tokens.Escape).text;
    case "text":
      return token.tokens ? inlines(token.tokens, level) : resolveEntities((token as Tokens.Text).text);
    default:
      return token.raw;
  }
}

function link(token: Tokens.Link, level: number): ComponentChildren {
  const address = token.autolink === true ? token.href : resolveEntities(token.href);
  const href = safeLink(address);
  if (href === undefined) return <>{inlines(token.tokens, level)} ({address})</>;
  const content = token.autolink === true ? token.text : inlines(token.tokens, level);
  return <a href={href} title={href} target="_blank" rel="noopener noreferrer nofollow">{content}</a>;
}

function image(token: Tokens.Image): string {
  const address = resolveEntities(token.href);
  // A data: address is the picture itself; nobody reads it.
  const shown = address.length > 200 ? `${address.slice(0, 200)}…` : address;
  return token.text === "" ? `[image: ${shown}]` : `[image: ${resolveEntities(token.text)}, ${shown}]`;
}
