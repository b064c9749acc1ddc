import { Fragment, isValidElement, type ComponentChildren } from "preact";

export interface Element {
  /** The tag, or the name of a component, which is not rendered. */
  readonly name: string;
  readonly props: Readonly<Record<string, unknown>>;
}

/** Every element in a tree of vnodes, outermost first, without rendering it. */
export function elements(tree: ComponentChildren): Element[] {
  if (Array.isArray(tree)) return tree.flatMap(elements);
  if (!isValidElement(tree)) return [];
  const props = tree.props as Record<string, unknown> & { children?: ComponentChildren };
  const name = typeof tree.type === "string" ? tree.type : tree.type.name;
  const inside = elements(props.children);
  return tree.type === Fragment ? inside : [{ name, props }, ...inside];
}

/** The text in a tree of vnodes. */
export function textOf(tree: ComponentChildren): string {
  if (Array.isArray(tree)) return tree.map(textOf).join("");
  if (isValidElement(tree)) {
    const props = tree.props as { children?: ComponentChildren; text?: string };
    return props.text ?? textOf(props.children);
  }
  return typeof tree === "string" || typeof tree === "number" ? String(tree) : "";
}
