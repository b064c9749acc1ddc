import type { VNode } from "preact";
import { fragmentOf, NEW, type View } from "./address.ts";
import type { ConversationSummary, Me } from "./contract.ts";
import { ProblemNote } from "./problem.tsx";
import type { Rail } from "./state.ts";
import { useTools } from "./tools.ts";
import { visible } from "./visible.ts";
import { period } from "./words.ts";

export interface RailViewProps {
  readonly rail: Rail;
  readonly view: View;
  readonly me: Me;
}

/** The conversations, newest first, by day. */
export function RailView({ rail, view, me }: RailViewProps): VNode {
  const { controller } = useTools();
  const { next } = rail;
  return (
    <nav class="rail" id="rail" aria-label="Conversations">
      <a class="new" href={fragmentOf({ kind: "chat", thread: NEW })} aria-current={isAt(view, NEW)}>New conversation</a>
      <div class="list">
        {groups(rail.conversations).map(([name, conversations]) => (
          <section key={name} aria-label={name}>
            <h2>{name}</h2>
            <ul>
              {conversations.map(({ id, title }) => (
                <li key={id}>
                  <a href={fragmentOf({ kind: "chat", thread: id })} aria-current={isAt(view, id)} dir="auto">{visible(title).trim() || "Untitled"}</a>
                </li>
              ))}
            </ul>
          </section>
        ))}
        {rail.problem !== undefined && <ProblemNote problem={rail.problem} again={{ label: "Try again", act: () => controller.list(next) }} />}
        {next !== undefined && (
          <button type="button" class="quiet" disabled={rail.loading} onClick={() => controller.list(next)}>{rail.loading ? "Loading" : "Earlier conversations"}</button>
        )}
      </div>
      <div class="foot">
        <a class="person" href={fragmentOf({ kind: "settings" })} aria-current={view.kind === "settings" ? "page" : undefined}>
          <span dir="auto">{visible(me.person.name)}</span>
          <small>Data, usage, sign-ins</small>
        </a>
      </div>
    </nav>
  );
}

function isAt(view: View, thread: string): "page" | undefined {
  return view.kind === "chat" && view.thread === thread ? "page" : undefined;
}

function groups(conversations: readonly ConversationSummary[]): [name: string, conversations: ConversationSummary[]][] {
  const now = Date.now();
  return [...Map.groupBy(conversations, ({ updatedAt }) => period(updatedAt, now))];
}
