import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ModelPlace } from "./contract.ts";
import type { Thread } from "./thread.ts";
import { useSecondsUntil, useTools } from "./tools.ts";
import { answerId } from "./turn.tsx";
import { duration } from "./words.ts";

export interface StatusProps {
  readonly threadKey: string;
  readonly thread: Thread;
  readonly model: ModelPlace;
}

/** What is going on, in one calm line above the composer. A screen reader hears it, and each answer once it has ended. */
export function Status({ threadKey, thread, model }: StatusProps): VNode {
  const { delivery } = useTools();
  const { live, outgoing } = thread;
  const line = live?.line ?? outgoing?.line;
  const lost = line?.kind === "lost" ? line : undefined;
  const left = useSecondsUntil(lost?.nextTryAt);
  // A gap of half a second is no news.
  const worthSaying = lost !== undefined && (lost.attempt > 0 || left === 0);
  return (
    <div class="status">
      <p role="status">
        {worthSaying ? (
          live !== undefined ? "Connection lost. The answer goes on at the server." : "Connection lost. Your message is kept here."
        ) : live !== undefined ? (
          <span class="writing">{hasText(thread) ? "Writing" : `Waiting for ${model.name}`}</span>
        ) : outgoing !== undefined ? (
          "Sending"
        ) : null}
      </p>
      {worthSaying && (
        <p class="actions">
          {/* The seconds are not in the status: they would be read out one by one. */}
          <span>{left > 0 ? `Trying again in ${duration(left)}` : "Trying again"}</span>
          <button type="button" class="quiet" onClick={() => delivery.hurry(threadKey)}>Try now</button>
          {live === undefined && <button type="button" class="quiet" onClick={() => delivery.takeBack(threadKey)}>Take it back</button>}
        </p>
      )}
      <Announcer threadKey={threadKey} thread={thread} />
    </div>
  );
}

/** Says each answer that ends while the page is open, once. */
function Announcer({ threadKey, thread }: { readonly threadKey: string; readonly thread: Thread }): VNode {
  const [said, say] = useState("");
  const running = useRef<string | undefined>(undefined);
  useEffect(() => say(""), [threadKey]);
  useEffect(() => {
    // Heard by now; left there, it would be found twice by whoever reads or searches the page.
    const timer = setTimeout(() => say(""), 3000);
    return () => clearTimeout(timer);
  }, [said]);
  useEffect(() => {
    const ended = thread.live === undefined ? thread.turns.find((turn) => turn.id === running.current) : undefined;
    const shown = ended && document.getElementById(answerId(ended.id))?.textContent?.slice(0, 4000);
    if (ended !== undefined) say(`${ended.state === "complete" ? "Answer" : `Answer, ${ended.state}`}: ${shown ?? ""} ${ended.problem?.title ?? ""}`);
    running.current = thread.live?.turn;
  }, [thread.live, thread.turns]);
  return <p role="status" class="unseen">{said}</p>;
}

function hasText({ turns, live }: Thread): boolean {
  return turns.some((turn) => turn.id === live?.turn && turn.answer !== undefined && turn.answer !== "");
}
