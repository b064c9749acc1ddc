import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Problem } from "./contract.ts";
import { useSecondsUntil } from "./tools.ts";
import { duration, sentence, stopped } from "./words.ts";

export interface ProblemNoteProps {
  readonly problem: Problem;
  /** When the server said it, in milliseconds since 1970: `retryAfter` counts from there. @default - now */
  readonly since?: number;
  /** @default - asking again makes no sense here */
  readonly again?: { readonly label: string; readonly act: () => void };
  /** @default - it goes away by itself */
  readonly onDismiss?: () => void;
  /** @default - a screen reader hears it at once */
  readonly silent?: boolean;
}

/** What went wrong, in the server's words, and what can be done about it from here. */
export function ProblemNote({ problem, since, again, onDismiss, silent }: ProblemNoteProps): VNode {
  const [shown] = useState(Date.now);
  const wait = useSecondsUntil(problem.retryAfter === undefined ? undefined : (since ?? shown) + problem.retryAfter * 1000);
  return (
    <div class="problem" role={silent === true ? undefined : "alert"}>
      <p>
        <strong>{sentence(problem.title)}</strong> {sentence(problem.detail)}
      </p>
      {problem.fix !== undefined && <p>What to do: {stopped(problem.fix)}</p>}
      {(again !== undefined || onDismiss !== undefined) && (
        <p class="actions">
          {again !== undefined && (
            <button type="button" disabled={wait > 0} onClick={again.act}>
              {wait > 0 ? `${again.label} in ${duration(wait)}` : again.label}
            </button>
          )}
          {onDismiss !== undefined && <button type="button" class="quiet" onClick={onDismiss}>Dismiss</button>}
        </p>
      )}
    </div>
  );
}
