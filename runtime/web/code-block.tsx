import type { VNode } from "preact";
import { CopyButton } from "./copy-button.tsx";

export function CodeBlock({ text, language }: { readonly text: string; readonly language: string }): VNode {
  const name = language.split(/\s/, 1)[0] ?? "";
  return (
    <figure class={name === "" ? "code bare" : "code"} dir="ltr">
      <figcaption>
        <span>{name}</span>
        <CopyButton text={text} label={name === "" ? "Copy this code" : `Copy this ${name} code`} />
      </figcaption>
      <pre tabIndex={0} aria-label={name === "" ? "Code" : `Code, ${name}`}><code>{text}</code></pre>
    </figure>
  );
}
