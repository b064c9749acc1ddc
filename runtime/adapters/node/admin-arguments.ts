/** The command line of `npm run admin` as a command and its input. */
import { parseArgs } from "node:util";
import { z } from "zod";
import type { Command } from "../../admin/command.ts";
import { table } from "../../admin/command.ts";
import { SetupError } from "../../problems.ts";

export interface AdminCall {
  readonly command: Command;
  /** Not validated yet: members as they were given, all of them text. */
  readonly input: Record<string, string>;
  /** Server to ask. @default - the data on this machine */
  readonly url?: string;
}

/** @throws {SetupError} when there is no such command, or its arguments do not fit; the message is the help */
export function parseAdminCall(argv: readonly string[], commands: readonly Command[]): AdminCall {
  const command = commands.find(({ name }) => name.split(" ").every((word, index) => argv[index] === word));
  if (!command) throw new SetupError(help(argv, commands));
  const { values, positionals } = parse(argv.slice(command.name.split(" ").length), command);
  const { url, ...options } = values;
  const required = command.positional.filter((name) => !name.endsWith("?"));
  if (positionals.length < required.length || positionals.length > command.positional.length) throw new SetupError(`usage: ${usage(command)}`);
  const placed = Object.fromEntries(positionals.map((value, index) => [command.positional[index]?.replace("?", "") ?? "", value]));
  const named = Object.fromEntries(Object.entries(options).map(([name, value]) => [camelCase(name), String(value)]));
  if ("apiKey" in named) throw new SetupError("a key on the command line is visible to every program on this machine: leave --api-key out and type the key when asked, or pipe it in");
  return { command, input: { ...placed, ...named }, ...(url === undefined ? {} : { url }) };
}

function parse(args: readonly string[], command: Command) {
  const names = [...new Set(args.flatMap((arg) => /^--([a-z][a-z-]*)/.exec(arg)?.[1] ?? []))];
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: Object.fromEntries(names.map((name) => [name, { type: "string" as const }])) });
  } catch (error) {
    throw new SetupError(`${error instanceof Error ? error.message : String(error)}; usage: ${usage(command)}`);
  }
}

function usage({ name, positional, input }: Command): string {
  const words = positional.map((word) => (word.endsWith("?") ? `[${word.slice(0, -1)}]` : `<${word}>`));
  const members = input instanceof z.ZodObject ? Object.keys(input.shape) : [];
  const options = members.filter((member) => !positional.some((word) => word.replace("?", "") === member)).map((member) => `[--${member} …]`);
  return ["npm run admin --", name, ...words, ...options].join(" ");
}

function help(argv: readonly string[], commands: readonly Command[]): string {
  const unknown = argv.length === 0 || argv[0] === "help" || argv[0] === "--help" ? [] : [`there is no command "${argv.slice(0, 2).join(" ")}"`, ""];
  const lines = table(commands.map((command) => [`  ${usage(command)}`, command.summary]));
  return [...unknown, "commands, on the data of this machine, or with --url https://… on a server elsewhere (as an owner, with a key of scope admin):", ...lines].join("\n");
}

function camelCase(name: string): string {
  return name.replaceAll(/-(\w)/g, (_match, letter: string) => letter.toUpperCase());
}
