import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { PlainText } from "./plain-text.tsx";
import { count } from "./words.ts";

const SHORT = 1_600;
const SHORT_LINES = 24;

/** Text as it was written; a long one shows its beginning first. */
export function LongText({ text }: { readonly text: string }): VNode {
  const [whole, setWhole] = useState(false);
  const start = beginning(text);
  if (start.length === text.length) return <PlainText text={text} />;
  return (
    <>
      <PlainText text={whole ? text : `${start.trimEnd()} …`} />
      <button type="button" class="quiet" aria-expanded={whole} onClick={() => setWhole(!whole)}>
        {whole ? "Show less" : `Show all ${count(text.length)} characters`}
      </button>
    </>
  );
}

/** At most 24 lines and 1,600 characters, or all of it when little would be left out. */
function beginning(text: string): string {
  if (text.length <= SHORT * 1.25 && text.split("\n", SHORT_LINES * 2).length <= SHORT_LINES * 1.25) return text;
  return text.slice(0, SHORT).split("\n", SHORT_LINES).join("\n");
}
