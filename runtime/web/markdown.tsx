import type { Token } from "marked";
import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import { createGrowingLexer, lex } from "./lex.ts";
import { PlainText } from "./plain-text.tsx";
import { renderBlock } from "./tokens.tsx";

/** Renders a model's answer. `growing` says that more is to come. */
export function Markdown({ source, growing }: { readonly source: string; readonly growing: boolean }): VNode {
  const [lexGrowing] = useState(createGrowingLexer);
  const tokens = useMemo(() => (growing ? lexGrowing(source) : lex(source)), [source, growing]);
  if (tokens === "too_much") return <PlainText text={source} />;
  // A reference may be defined below its use, so that a block depends on more than its own text.
  const references = Object.keys(tokens.links).length;
  return (
    <div class="prose" dir="auto">
      {tokens.map((token, index) => (
        <Block key={index} token={token} references={references} />
      ))}
    </div>
  );
}

/** One block; it is rendered again only when its own text changes, however long the answer grows. */
function Block({ token, references }: { readonly token: Token; readonly references: number }): VNode {
  return useMemo(() => <>{renderBlock(token)}</>, [token.raw, references]);
}
