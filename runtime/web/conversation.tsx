import type { VNode } from "preact";
import { useMemo, useRef } from "preact/hooks";
import type { Me } from "./contract.ts";
import { ProblemNote } from "./problem.tsx";
import { useReadingAlong } from "./reading-along.ts";
import { shownTurns, type Setback, type Thread } from "./thread.ts";
import { useTools } from "./tools.ts";
import { Ask, TurnView } from "./turn.tsx";
import { staysHere } from "./words.ts";

export interface ConversationProps {
  readonly threadKey: string;
  readonly thread: Thread;
  readonly me: Me;
}

/** From here on upwards earlier turns are asked for, in pixels. */
const NEAR_THE_START = 96;

/** The turns of one conversation. It stays at its end while the reader is there, and stays put when they are not. */
export function ConversationView({ threadKey, thread, me }: ConversationProps): VNode {
  const { controller } = useTools();
  const box = useRef<HTMLDivElement>(null);
  const turns = useMemo(() => shownTurns(thread.turns), [thread.turns]);
  const reading = useReadingAlong(box, turns[0]?.id, thread.outgoing !== undefined);
  const scrolled = () => {
    reading.onScroll();
    if (box.current !== null && box.current.scrollTop < NEAR_THE_START) void controller.older(threadKey);
  };

  const retried = thread.outgoing?.retry;
  const empty = turns.length === 0 && thread.outgoing === undefined && thread.loading === undefined && thread.setback === undefined;
  return (
    <div class="scroller">
      <div class="log" ref={box} onScroll={scrolled} tabIndex={-1}>
        {empty && <Welcome me={me} />}
        {thread.loading === "all" && turns.length === 0 && <p class="mark">Opening the conversation…</p>}
        {thread.older !== undefined && (
          <button type="button" class="quiet" onClick={() => controller.older(threadKey)} disabled={thread.loading !== undefined}>Earlier in this conversation</button>
        )}
        <div role="log" aria-label="Conversation" aria-relevant="additions" class="turns">
          {turns.map((turn, index) =>
            turn.id === retried ? null : <Memo key={turn.id} of={turn} newest={index === turns.length - 1} thread={threadKey} />,
          )}
          {thread.outgoing !== undefined && (
            <article class="turn sending" aria-label="Question on its way">
              <Ask text={thread.outgoing.text} />
            </article>
          )}
        </div>
        {thread.setback !== undefined && <SetbackNote threadKey={threadKey} thread={thread} setback={thread.setback} />}
      </div>
      {!reading.along && <button type="button" class="latest" onClick={reading.toTheEnd}>To the end</button>}
    </div>
  );
}

/** Typing and streaming leave the turns that they do not touch as they are. */
function Memo({ of, newest, thread }: { readonly of: Thread["turns"][number]; readonly newest: boolean; readonly thread: string }): VNode {
  return useMemo(() => <TurnView thread={thread} turn={of} newest={newest} />, [of, newest, thread]);
}

function SetbackNote({ threadKey, thread, setback }: { readonly threadKey: string; readonly thread: Thread; readonly setback: Setback }): VNode {
  const { controller, delivery } = useTools();
  const again = {
    send: () => thread.draft.trim() !== "" && delivery.send(threadKey, thread.draft),
    retry: () => delivery.retry(threadKey),
    load: () => controller.openThread(threadKey),
    older: () => controller.older(threadKey),
    stop: () => delivery.stop(threadKey),
    resume: () => controller.openThread(threadKey),
  }[setback.during];
  const hopeless = ["malformed", "not_retryable", "unknown_conversation", "message_too_long"].includes(setback.problem.reason);
  return (
    <ProblemNote
      key={setback}
      problem={setback.problem}
      {...(!hopeless && { again: { label: setback.during === "send" ? "Send again" : "Try again", act: again } })}
      onDismiss={() => controller.dismiss(threadKey)}
    />
  );
}

function Welcome({ me }: { readonly me: Me }): VNode {
  return (
    <div class="welcome">
      <h1>A new conversation</h1>
      <p>
        What you write is kept on {me.data.place}.{" "}
        {staysHere(me.model)
          ? "The demo model answers with a fixed text, and nothing is sent anywhere."
          : `Each message, and as much of the conversation as it needs, goes to ${me.model.host} for the answer.`}
      </p>
    </div>
  );
}
