import type { VNode } from "preact";
import { useLayoutEffect, useMemo, useState } from "preact/hooks";
import { NEW } from "./address.ts";
import { Composer } from "./composer.tsx";
import type { Me } from "./contract.ts";
import { ConversationView } from "./conversation.tsx";
import { RailView } from "./rail.tsx";
import { SentSheet } from "./sent.tsx";
import { Settings } from "./settings.tsx";
import { SignIn } from "./sign-in.tsx";
import { hasUnsent, threadOf, type Action, type State } from "./state.ts";
import { Status } from "./status.tsx";
import type { Store } from "./store.ts";
import { useNarrow } from "./narrow.ts";
import { useTools } from "./tools.ts";
import { visible } from "./visible.ts";

export function App({ store }: { readonly store: Store<State, Action> }): VNode {
  const [state, setState] = useState(store.state);
  // Before the first paint: an effect would come later than a quick answer of the server.
  useLayoutEffect(() => store.subscribe(() => setState(store.state())), [store]);
  switch (state.access.kind) {
    case "starting":
      return <main class="door" aria-busy="true"><h1>Holdfast</h1></main>;
    case "signed_out":
    case "unreachable":
      return <SignIn access={state.access} unsent={hasUnsent(state)} />;
    case "signed_in":
      return <Shell state={state} me={state.access.me} />;
    default:
      return state.access satisfies never;
  }
}

function Shell({ state, me }: { readonly state: State; readonly me: Me }): VNode {
  const { controller } = useTools();
  const { rail, view, sheet } = state;
  const title = view.kind === "settings" ? "Settings" : view.thread === NEW ? "Holdfast" : (threadOf(state, view.thread).title ?? "");
  const Title = view.kind === "chat" && view.thread !== NEW ? "h1" : "p";
  const narrow = useNarrow();
  // Streaming renders the page thirty times a second; the list has no part in that.
  const list = useMemo(() => <RailView rail={rail} view={view} me={me} />, [rail, view, me]);
  return (
    <div class={rail.folded ? "shell folded" : "shell"}>
      <button type="button" class="skip" onClick={() => document.getElementById("message")?.focus()}>To the message field</button>
      <header class="bar">
        <button type="button" class="icon" aria-expanded={!rail.folded} aria-controls="rail" aria-label="Conversations" title="Conversations (Ctrl+Shift+S)" onClick={() => controller.fold(!rail.folded)}>
          <svg viewBox="0 0 20 20" aria-hidden="true"><path d="M3 5.5h14M3 10h14M3 14.5h9" /></svg>
        </button>
        <Title class="title" dir="auto">{visible(title)}</Title>
      </header>
      {!rail.folded && list}
      {!rail.folded && <button type="button" class="veil" aria-label="Fold the conversations away" onClick={() => controller.fold(true)} />}
      <main inert={narrow && !rail.folded}>{view.kind === "settings" ? <Settings me={me} unsent={hasUnsent(state)} /> : <Chat state={state} me={me} threadKey={view.thread} />}</main>
      {sheet !== undefined && <SentSheet sheet={sheet} me={me} />}
    </div>
  );
}

function Chat({ state, me, threadKey }: { readonly state: State; readonly me: Me; readonly threadKey: string }): VNode {
  const thread = threadOf(state, threadKey);
  return (
    <>
      <ConversationView key={threadKey} threadKey={threadKey} thread={thread} me={me} />
      <Status threadKey={threadKey} thread={thread} model={me.model} />
      <Composer threadKey={threadKey} thread={thread} me={me} />
    </>
  );
}
