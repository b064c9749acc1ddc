/**
 * Everything that can be refused, in one table: a stable reason, an HTTP status, and a title in words.
 * A Problem is for whoever sent the request; SetupError is for whoever runs the server.
 */
const problems = {
  malformed: [400, "the request is not understood"],
  sign_in_needed: [401, "sign in first"],
  link_invalid: [401, "this sign-in link does not work"],
  key_invalid: [401, "this API key does not work"],
  wrong_host: [421, "this server does not answer to that name"],
  wrong_origin: [403, "the request comes from another site"],
  not_allowed: [403, "this needs another role or scope"],
  person_disabled: [403, "this person's access is switched off"],
  unknown_route: [404, "there is nothing at this address"],
  unknown_conversation: [404, "there is no such conversation"],
  unknown_turn: [404, "there is no such turn"],
  unknown_session: [404, "there is no such session"],
  unknown_person: [404, "there is no such person"],
  unknown_key: [404, "there is no such key"],
  unknown_model: [404, "there is no such model"],
  nothing_sent: [404, "nothing was sent for this turn"],
  method_not_allowed: [405, "this address does not take that method"],
  conversation_busy: [409, "the conversation is still answering"],
  not_retryable: [409, "this turn cannot be asked again"],
  already_handled: [409, "this was handled before"],
  model_changed: [409, "messages go somewhere else now"],
  conflict: [409, "this does not fit what is there"],
  too_large: [413, "the request is too large"],
  message_too_long: [413, "the message is too long"],
  unsupported_media_type: [415, "the request's content type is not taken"],
  daily_limit: [429, "today's limit is used up"],
  rate_limit: [429, "too many messages in a minute"],
  slow_down: [429, "too many attempts"],
  model_refused: [502, "the model provider refused the request"],
  model_failed: [502, "the model provider failed"],
  model_unreachable: [502, "the model provider cannot be reached"],
  model_rate_limit: [503, "the model provider asks to wait"],
  model_timeout: [504, "the model provider took too long"],
  crashed: [500, "the server stopped in the middle of the answer"],
  internal: [500, "something went wrong in the server"],
  store_corrupt: [500, "stored data is damaged or was changed from outside"],
  key_missing: [500, "a key that this data needs is not there"],
  shutting_down: [503, "the server is shutting down"],
  busy: [503, "the server is busy"],
  storage_full: [507, "the disk is full"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemReason = keyof typeof problems;

export interface ProblemDetails {
  /** What was wrong, what was got, what is allowed; lower case, no full stop. */
  readonly detail: string;
  /** What to do. @default - nothing that the reader could do */
  readonly fix?: string;
  /** Seconds to wait. @default - waiting does not help */
  readonly retryAfter?: number;
  /** Methods that the address takes. @default - it is not the method that is wrong */
  readonly allow?: readonly string[];
}

export class Problem extends Error {
  override readonly name = "Problem";
  readonly reason: ProblemReason;
  readonly details: ProblemDetails;

  constructor(reason: ProblemReason, details: ProblemDetails) {
    super(`${problems[reason][1]}: ${details.detail}`);
    this.reason = reason;
    this.details = details;
  }

  get status(): number {
    return problems[this.reason][0];
  }

  get title(): string {
    return problems[this.reason][1];
  }

  /** The members of an RFC 9457 problem document. */
  document(): Record<string, unknown> {
    return { type: `urn:holdfast:problem:${this.reason}`, title: this.title, status: this.status, reason: this.reason, ...this.details };
  }
}

/** A fault in the settings, the data directory or the keys, which whoever runs the server must mend. */
export class SetupError extends Error {
  override readonly name = "SetupError";
}
