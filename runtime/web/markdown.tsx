import type { Token } from "marked";
import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import { createGrowingLexer, lex } from "./lex.ts";
import { PlainText } from "./plain-text.tsx";
import { renderBlock } from "./tokens.tsx";

/** Renders a model's answer. `growing` says that more is to come. */
export function Markdown({ source, growing }: { readonly source: string; readonly growing: boolean }): VNode {
  const [lexGrowing] = useState(createGrowingLexer);
  const tokens = useMemo(() => (growing ? lexGrowing(source) : lex(source)), [source, growing, lexGrowing]);
  if (tokens === "too_much") return <PlainText text={source} />;
  return (
    <div class="prose" dir="auto">
      {tokens.map((token, index) => (
        <Block key={index} token={token} />
      ))}
    </div>
  );
}

/** One block. A growing answer keeps the tokens of what has ended, so that only its end is rendered again. */
function Block({ token }: { readonly token: Token }): VNode {
  return useMemo(() => <>{renderBlock(token)}</>, [token]);
}
