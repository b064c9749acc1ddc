/** What an admin command is: run on the server's own machine, or by an owner through /api/admin, with the same meaning. */
import type { z } from "zod";
import type { Identity } from "../identity/identify.ts";
import type { AuditActor } from "../identity/people.ts";
import type { Services } from "../services.ts";

export interface Command<In = unknown, Out = unknown> {
  /** One or two words, such as "key create"; its route is /api/admin/key/create. */
  readonly name: string;
  readonly summary: string;
  /** Members of the input that stand by position on the command line; "name?" may be left out. The others are options. */
  readonly positional: readonly string[];
  readonly input: z.ZodType<In>;
  /**
   * What an owner may not do from elsewhere, although whoever holds the server's files can.
   * @default - the same as here
   * @throws {Problem} `not_allowed`
   */
  checkElsewhere?(services: Services, input: In, identity: Identity): Promise<void>;
  run(services: Services, input: In, by: AuditActor): Promise<Out>;
  /** What the command line shows of the result, line by line. */
  print(output: Out): readonly string[];
}

/** Keeps the types of one command together, and forgets them in a list of many. */
export function command<In, Out>(definition: Command<In, Out>): Command {
  return definition;
}

/** Columns of text, each as wide as its widest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((widest, row) => row.map((cell, index) => Math.max(cell.length, widest[index] ?? 0)), []);
  return rows.map((row) => row.map((cell, index) => visible(cell).padEnd(widths[index] ?? 0)).join("  ").trimEnd());
}

/** Without what a terminal would obey: a browser's name for itself comes from outside. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, "\uFFFD");
}

export function showTime(milliseconds: number | undefined): string {
  return milliseconds === undefined ? "-" : new Date(milliseconds).toISOString().slice(0, 16).replace("T", " ");
}
