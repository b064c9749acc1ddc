import { render } from "preact";
import { fragmentOf, NEW, viewOf } from "./address.ts";
import { createApi } from "./api.ts";
import { App } from "./app.tsx";
import { createAddress, createSurroundings, railMemory } from "./browser.ts";
import { createController } from "./controller.ts";
import { createDelivery } from "./delivery.ts";
import { narrow } from "./narrow.ts";
import { onShortcut } from "./shortcuts.ts";
import { hasUnsent, initialState, reduce } from "./state.ts";
import { createStore } from "./store.ts";
import { ToolsContext } from "./tools.ts";

const address = createAddress();
const store = createStore(reduce, initialState(viewOf(address.fragment()), narrow.matches || railMemory.folded()));
const api = createApi(
  (url, init) => fetch(url, init),
  () => {
    // Every message on its way goes back to its draft; were it still sent after the next sign-in, it would be there twice.
    delivery.closeAll();
    store.dispatch({ type: "signed_out", by: "server" });
  },
);
const delivery = createDelivery(api, store, createSurroundings());
const controller = createController(api, store, delivery, address);

let last = store.state();
store.subscribe(() => {
  const before = last;
  last = store.state();
  if (!narrow.matches && last.rail.folded !== before.rail.folded) railMemory.keep(last.rail.folded);
  // The new conversation has got its id: a reload must find it.
  const wasNew = before.view.kind === "chat" && before.view.thread === NEW;
  if (wasNew && last.view !== before.view && viewOf(address.fragment()).kind === "chat") address.replace(fragmentOf(last.view));
});

addEventListener("hashchange", () => {
  if (narrow.matches) controller.fold(true);
  void controller.moved();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void controller.returned();
});
addEventListener("beforeunload", (event) => {
  if (hasUnsent(store.state())) event.preventDefault();
});
document.addEventListener("keydown", (event) => onShortcut(event, store.state(), controller, delivery));

const page = document.getElementById("page");
if (page === null) throw new Error("index.html has no element #page");
render(<ToolsContext.Provider value={{ api, controller, delivery }}><App store={store} /></ToolsContext.Provider>, page);
void controller.start();
