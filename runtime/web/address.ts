/** What the page shows. It stands in the fragment, so that reload and the back button work; no content is ever in it. */
export type View =
  | { readonly kind: "chat"; readonly thread: string }
  | { readonly kind: "settings" };

/** The thread of a conversation that has not begun. */
export const NEW = "new";

const LINK = "#link=";

/** The token of a one-time sign-in link, when the fragment is one. */
export function linkToken(fragment: string): string | undefined {
  return fragment.startsWith(LINK) && fragment.length > LINK.length ? decode(fragment.slice(LINK.length)) : undefined;
}

/** Any fragment that means nothing shows a new conversation. */
export function viewOf(fragment: string): View {
  if (fragment === "#settings") return { kind: "settings" };
  const id = fragment.startsWith("#c=") ? decode(fragment.slice(3)) : "";
  return { kind: "chat", thread: id === "" ? NEW : id };
}

export function fragmentOf(view: View): string {
  if (view.kind === "settings") return "#settings";
  return view.thread === NEW ? "#" : `#c=${encodeURIComponent(view.thread)}`;
}

/** A fragment typed by hand may hold a broken escape; it is then taken as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
