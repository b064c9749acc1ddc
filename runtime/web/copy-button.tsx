import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

/** Copies a text and says for two seconds what became of it. Over plain HTTP on another machine there is no clipboard. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }): VNode {
  const [outcome, setOutcome] = useState<"" | "Copied" | "Not allowed here">("");
  useEffect(() => {
    if (outcome === "") return;
    const timer = setTimeout(() => setOutcome(""), 2000);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome("Copied");
    } catch {
      setOutcome("Not allowed here");
    }
  };
  return <button type="button" class="quiet" aria-label={outcome === "" ? label : outcome} onClick={copy}>{outcome === "" ? "Copy" : outcome}</button>;
}
