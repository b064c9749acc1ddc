import { NEW } from "./address.ts";
import type { Controller } from "./controller.ts";
import type { Delivery } from "./delivery.ts";
import { narrow } from "./narrow.ts";
import { threadOf, type State } from "./state.ts";

/** The keys that work anywhere in the page. The settings list them. */
export function onShortcut(event: KeyboardEvent, state: State, controller: Controller, delivery: Delivery): void {
  if (state.access.kind !== "signed_in" || event.isComposing) return;
  if (event.key === "Escape" && narrow.matches && !state.rail.folded) return controller.fold(true);
  // An open panel closes by itself.
  if (event.key === "Escape" && state.sheet === undefined && state.view.kind === "chat") {
    const { live, outgoing } = threadOf(state, state.view.thread);
    if (live === undefined && outgoing === undefined) return;
    event.preventDefault();
    delivery.stop(state.view.thread);
  }
  if (!event.shiftKey || !(event.ctrlKey || event.metaKey)) return;
  const key = event.key.toLowerCase();
  if (key !== "o" && key !== "s") return;
  event.preventDefault();
  if (key === "o") controller.show({ kind: "chat", thread: NEW });
  else controller.fold(!state.rail.folded);
}
