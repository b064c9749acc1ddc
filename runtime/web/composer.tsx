import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Me } from "./contract.ts";
import { shownTurns, type Thread } from "./thread.ts";
import { useTools } from "./tools.ts";
import { destination } from "./words.ts";

export interface ComposerProps {
  readonly threadKey: string;
  readonly thread: Thread;
  readonly me: Me;
}

/** Where the person writes. What is typed is the thread's draft, and leaves it only when the server has it. */
export function Composer({ threadKey, thread, me }: ComposerProps): VNode {
  const { controller, delivery } = useTools();
  const field = useRef<HTMLTextAreaElement>(null);
  const busy = thread.live !== undefined || thread.outgoing !== undefined;
  const stopping = thread.live?.stopping === true || thread.outgoing?.stopping === true;
  const ready = thread.draft.trim() !== "" && !busy;
  useEffect(() => {
    // On a phone the keyboard would cover the conversation that was asked for.
    if (matchMedia("(hover: hover)").matches) field.current?.focus();
  }, [threadKey]);

  const send = () => {
    if (ready) delivery.send(threadKey, thread.draft);
    field.current?.focus();
  };
  const typed = (event: KeyboardEvent) => {
    // While a word is being composed (IME), Enter only accepts it. A keyboard on glass has no Shift+Enter: there, Enter starts a line.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    if (!matchMedia("(hover: hover)").matches && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    send();
  };
  const newest = shownTurns(thread.turns).at(-1);
  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); send(); }}>
      <div class="field">
        {/* No spelling service and no writing extension: some send what is typed to their own servers. */}
        <textarea
          id="message"
          aria-label="Your message"
          ref={field}
          rows={rowsOf(thread.draft)}
          dir="auto"
          value={thread.draft}
          placeholder={busy ? "You can write the next message meanwhile" : "Write a message"}
          spellcheck={false}
          autocomplete="off"
          data-gramm="false"
          aria-describedby="keys"
          onInput={(event) => controller.draft(threadKey, event.currentTarget.value)}
          onKeyDown={typed}
        />
        {busy ? (
          <button type="button" class="primary" disabled={stopping} onClick={() => { delivery.stop(threadKey); field.current?.focus(); }}>{stopping ? "Stopping" : "Stop"}</button>
        ) : (
          <button type="submit" class="primary" aria-disabled={!ready}>Send</button>
        )}
      </div>
      <div class="under">
        <button type="button" class="quiet destination" aria-haspopup="dialog" title="What was sent" onClick={() => controller.showSent(newest === undefined ? {} : { turn: newest.id })}>
          {destination(me.model)}
        </button>
        <span id="keys" class="keys">{busy ? "Esc stops" : "Shift+Enter starts a line"}</span>
      </div>
    </form>
  );
}

/** Height for browsers that do not size a field by its content: a line for each line or each 80 characters, at most 10. */
function rowsOf(text: string): number {
  let rows = 0;
  for (const line of text.slice(0, 2000).split("\n")) rows += 1 + Math.floor(line.length / 80);
  return Math.min(rows, 10);
}
