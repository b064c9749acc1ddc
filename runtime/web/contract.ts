/**
 * What the server says and hears, as docs/http-api.md describes it. Times are ISO 8601 strings in UTC, ids are opaque.
 */

/** A problem document (RFC 9457): `reason` is for programs, `title`, `detail` and `fix` are words for the person. */
export interface Problem {
  readonly reason: string;
  readonly title: string;
  readonly detail: string;
  readonly fix?: string;
  /** Seconds. */
  readonly retryAfter?: number;
}

export interface ModelPlace {
  readonly provider: string;
  readonly name: string;
  readonly host: string;
  readonly region?: string;
}

export interface Limits {
  readonly tokensPerDay: number;
  readonly requestsPerMinute: number;
  readonly messageBytes: number;
}

export interface Day {
  readonly day: string;
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface Me {
  readonly person: { readonly id: string; readonly name: string; readonly role: "owner" | "member" };
  readonly model: ModelPlace;
  readonly data: { readonly place: string; readonly path?: string };
  readonly limits: Limits;
  readonly usage: Day;
  readonly session: { readonly idleMinutes: number; readonly expiresAt: string };
  readonly version: string;
}

export interface Session {
  readonly id: string;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  readonly expiresAt: string;
  readonly device: string;
  readonly current?: boolean;
}

export interface ConversationSummary {
  readonly id: string;
  readonly title: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface ConversationPage {
  readonly conversations: readonly ConversationSummary[];
  readonly next?: string;
}

export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface Turn {
  readonly id: string;
  readonly at: string;
  readonly ask: string;
  readonly answer?: string;
  readonly state: "running" | "complete" | "stopped" | "interrupted";
  /** Why a complete answer ended, other than that all was said. */
  readonly cause?: "length" | "filtered";
  readonly problem?: Problem;
  readonly retryOf?: string;
  readonly model?: ModelPlace;
  readonly usage?: TokenUsage;
}

export interface Conversation {
  readonly id: string;
  readonly title: string;
  readonly turns: readonly Turn[];
  readonly next?: string;
}

/** The same `update` twice is the same message: a repeat joins the turn that the first one began. */
export type Message =
  | { readonly update: string; readonly model?: ShownModel; readonly text: string; readonly conversation?: string }
  | { readonly update: string; readonly model?: ShownModel; readonly retry: string; readonly conversation: string };

/** What the page shows as the place that messages go to; the server refuses to send them elsewhere. */
export type ShownModel = Pick<ModelPlace, "host" | "name">;

export type TurnEvent =
  | { readonly type: "turn"; readonly id: string; readonly conversation: string; readonly title: string; readonly model: ModelPlace }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "end"; readonly state: Exclude<Turn["state"], "running">; readonly cause?: Turn["cause"] | null; readonly problem: Problem | null; readonly usage?: TokenUsage | null };

export interface Sent {
  readonly turn: string;
  readonly at: string;
  readonly model: ModelPlace;
  readonly system: string;
  readonly messages: readonly { readonly role: string; readonly text: string }[];
  readonly maxOutputTokens: number;
}

export interface Usage {
  readonly days: readonly Day[];
  readonly limits: Limits;
}
