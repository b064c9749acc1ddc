import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { visible } from "./visible.ts";

/** Text as it was written, in pieces, so that the browser lays out only those near the window. */
export function PlainText({ text }: { readonly text: string }): VNode {
  const pieces = useMemo(() => cut(visible(text)), [text]);
  return (
    <div class="plain" dir="auto">
      {pieces.map((piece, index) => (
        <div key={index} class="piece">{piece}</div>
      ))}
    </div>
  );
}

const PIECE = 10_000;

/** Cuts at line ends where there are some, else anywhere between two characters. */
export function cut(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    const lineEnd = text.lastIndexOf("\n", start + PIECE);
    let end = start + PIECE >= text.length ? text.length : lineEnd > start ? lineEnd + 1 : start + PIECE;
    // Not between the halves of a surrogate pair.
    if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1)) && end < text.length) end++;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}
