/** What a channel hands in, and what it gets back. */
import type { Channel, ChatMessage, ModelInfo, ModelParameters, TokenUsage } from "../ports.ts";
import type { Problem, ProblemReason } from "../problems.ts";

export interface Inbound {
  readonly channel: Channel["name"];
  /** Made by the sender; the same one again is the same message, handled once for each person and channel. */
  readonly update: string;
  readonly ask: Ask;
  /** Where the sender believes that it goes. It goes nowhere else. @default - wherever the configured model is */
  readonly expects?: Pick<ModelInfo, "host" | "name">;
  /** @default - the assistant's own prompt */
  readonly system?: string;
  /** @default - the configured limit */
  readonly maxOutputTokens?: number;
  /** @default - the provider's own */
  readonly parameters?: ModelParameters;
}

export type Ask =
  | {
      readonly type: "message";
      readonly text: string;
      /** @default - a new one */
      readonly conversation?: string;
      /** Messages before this one, which begin a new conversation. @default - none */
      readonly earlier?: readonly ChatMessage[];
    }
  /** Asks the newest turn of a conversation again. */
  | { readonly type: "retry"; readonly conversation: string; readonly turn: string }
  /** A program brings its own context, and nothing of it is kept. */
  | { readonly type: "unkept"; readonly messages: readonly ChatMessage[] };

/** A turn that was taken in: the person's message is stored. */
export interface Submission {
  readonly turn: string;
  readonly model: ModelInfo;
  /** @default - its content is not kept */
  readonly conversation?: { readonly id: string; readonly title: string };
  /**
   * The answer from `after` (UTF-16 code units) on, as it comes; `end` is last. Whoever reads slowly gets larger pieces.
   * Leaving the loop does not stop the turn.
   */
  events(after?: number): AsyncGenerator<TurnEvent>;
  /** The answer ends where it is. No error when it has ended already. */
  stop(): void;
}

export type TurnEvent =
  /** `length`: of the answer so far, this piece included. */
  | { readonly type: "text"; readonly text: string; readonly length: number }
  | { readonly type: "end"; readonly end: TurnEnd };

export interface TurnEnd {
  readonly state: "complete" | "stopped" | "interrupted";
  /** Why a complete answer ended. @default - the model had said all */
  readonly cause?: "length" | "filtered";
  /** Why it was interrupted, in the words of a problem document. @default - it was not */
  readonly problem?: TurnProblem;
  readonly usage: TokenUsage;
}

export interface TurnProblem {
  readonly reason: ProblemReason;
  readonly title: string;
  readonly detail: string;
  readonly fix?: string;
  readonly retryAfter?: number;
}

export function turnProblem(problem: Problem): TurnProblem {
  return { reason: problem.reason, title: problem.title, ...problem.details };
}
