import type { VNode } from "preact";
import type { Turn } from "./contract.ts";
import { CopyButton } from "./copy-button.tsx";
import { LongText } from "./long-text.tsx";
import { Markdown } from "./markdown.tsx";
import { ProblemNote } from "./problem.tsx";
import { useTools } from "./tools.ts";
import { visible } from "./visible.ts";
import { countOf } from "./words.ts";

export interface TurnViewProps {
  readonly thread: string;
  readonly turn: Turn;
  /** Only the newest turn of a conversation can be asked again. */
  readonly newest: boolean;
}

/** One exchange: what the person asked, what came back, and what can be done with it. */
export function TurnView({ thread, turn, newest }: TurnViewProps): VNode {
  const { controller, delivery } = useTools();
  const running = turn.state === "running";
  const answer = turn.answer ?? "";
  const again = () => delivery.retry(thread);
  return (
    <article class="turn" aria-label="Question and answer">
      <Ask text={turn.ask} />
      {/* A screen reader hears the whole answer when it has ended, from the page's status, not each piece of it. */}
      <h2 class="unseen">Answer</h2>
      <div class="answer" id={answerId(turn.id)} aria-live="off" aria-busy={running}>
        {answer !== "" && <Markdown source={answer} growing={running} />}
      </div>
      {turn.state === "complete" && answer === "" && <p class="mark">The model answered without a word.</p>}
      {turn.cause !== undefined && <p class="mark">{causes[turn.cause]}</p>}
      {turn.state === "stopped" && <p class="mark">{answer === "" ? "Stopped before anything arrived." : "Stopped here."}</p>}
      {turn.state === "interrupted" &&
        (turn.problem === undefined ? (
          <p class="mark">{answer === "" ? "Interrupted before anything arrived." : "Interrupted here."}</p>
        ) : (
          <ProblemNote problem={turn.problem} silent since={Date.parse(turn.at)} {...(newest && { again: { label: "Ask again", act: again } })} />
        ))}
      {!running && (
        <p class="actions faint">
          {answer !== "" && <CopyButton text={visible(answer)} label="Copy the answer" />}
          {newest && (turn.state !== "interrupted" || turn.problem === undefined) && <button type="button" class="quiet" onClick={again}>Ask again</button>}
          <button type="button" class="quiet" aria-haspopup="dialog" onClick={() => controller.showSent({ turn: turn.id })}>What was sent</button>
          <span class="facts">{facts(turn)}</span>
        </p>
      )}
    </article>
  );
}

const causes: Readonly<Record<NonNullable<Turn["cause"]>, string>> = {
  length: "Cut off here: the answer reached its longest length. Ask to go on.",
  filtered: "Cut off here: the provider held back the rest.",
};

/** The id of the element that holds the answer of a turn. */
export function answerId(turn: string): string {
  return `answer-${turn}`;
}

/** What the person wrote. */
export function Ask({ text }: { readonly text: string }): VNode {
  return (
    <div class="ask">
      <h2 class="unseen">You</h2>
      <LongText text={text} />
    </div>
  );
}

function facts({ model, usage }: Turn): string {
  const tokens = usage === undefined ? "" : countOf(usage.inputTokens + usage.outputTokens, "token", "tokens");
  return [model?.name ?? "", tokens].filter(Boolean).join(" · ");
}
