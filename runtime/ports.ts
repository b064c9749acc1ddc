/**
 * The interfaces between the assistant and the world it runs in.
 * Everything in runtime/ that is not an adapter or a driver sees the world through these alone.
 */
import type { Inbound, Submission } from "./chat/inbound.ts";
import type { Problem } from "./problems.ts";

/** What one column holds. Times are integers: milliseconds since 1970-01-01 UTC. */
export type SqlValue = string | number | null | Uint8Array;

export type Row = Readonly<Record<string, SqlValue>>;

export interface Statement {
  readonly sql: string;
  readonly params: readonly SqlValue[];
}

/**
 * The database: node:sqlite or D1. It is not trusted with content: everything a person wrote arrives sealed,
 * and what comes back is checked by whoever opens it.
 *
 * A batch is computed before it is sent; there is no interactive transaction. Limits are D1's: 100 parameters a
 * statement, 2 MB a row.
 */
export interface Store {
  /** Runs reads in one round trip and returns the rows of each, in order. */
  read(statements: readonly Statement[]): Promise<Row[][]>;
  /**
   * Applies every statement, or none. Durable when it resolves. Returns the number of rows each one changed.
   * @throws {ConstraintError} when a constraint of the schema refuses a row; nothing was applied
   * @throws {StoreError} when the store is full, corrupt or away; nothing was applied
   */
  write(statements: readonly Statement[]): Promise<number[]>;
}

/** Files by key, such as `people/4f…`: a folder on disk, or an R2 bucket. A put replaces the whole file or does nothing. */
export interface Blobs {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
  list(prefix: string): Promise<string[]>;
}

export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number;
}

/** The only way out: fetch, but only to declared origins, and never along a redirect. */
export type Egress = (url: string, init?: RequestInit) => Promise<Response>;

export interface ChatMessage {
  readonly role: "user" | "assistant";
  readonly text: string;
}

/** Everything that goes to the provider for one answer, and so also the record of "what was sent". */
export interface ModelRequest {
  readonly system: string;
  readonly messages: readonly ChatMessage[];
  readonly maxOutputTokens: number;
  readonly parameters?: ModelParameters;
}

export interface ModelParameters {
  readonly temperature?: number;
  readonly topP?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
}

export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export type ModelPart =
  | { readonly type: "text"; readonly text: string }
  /** Always last. `usage` is absent when the provider did not say. */
  | { readonly type: "finish"; readonly cause: "stop" | "length" | "filtered"; readonly usage?: TokenUsage };

/** Which model answers, and where. Shown to the person; holds nothing secret. */
export interface ModelInfo {
  readonly provider: string;
  readonly name: string;
  /** Host (and port, unless the scheme's own) that messages go to, or "this machine" for a model that needs no network. */
  readonly host: string;
  /** @default - the provider's region was not declared */
  readonly region?: string;
}

export interface Model {
  readonly info: ModelInfo;
  /**
   * Yields the answer as it comes. Ends early, without an error, when `signal` aborts.
   * @throws {Problem} `model_…`, in words that hold neither the key nor what the provider repeated of it
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelPart>;
}

/**
 * One way in. A channel turns a request of its own kind into an Inbound, and what became of it into its own kind of
 * reply. Who the person is and whether the turn may happen is decided outside of it, the same for every channel.
 */
export interface Channel<In extends Inbound = Inbound> {
  readonly name: "web" | "api";
  /** @throws {Problem} when the request is not a message of this channel */
  receive(request: Request): Promise<In>;
  reply(submission: Submission, inbound: In, request: Request): Response | Promise<Response>;
  /** A refusal in the channel's own form. */
  refuse(problem: Problem): Response;
}

export interface Person {
  readonly id: string;
  readonly role: "owner" | "member";
}
