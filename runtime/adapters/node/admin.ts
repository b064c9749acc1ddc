/** `npm run admin`: runs a command on the data of this machine, whether or not the server runs, or asks a server elsewhere. */
import { join } from "node:path";
import { inspect } from "node:util";
import { commands } from "../../admin/commands.ts";
import type { Command } from "../../admin/command.ts";
import { Problem, SetupError } from "../../problems.ts";
import { readSettings } from "../../settings.ts";
import type { Settings } from "../../settings.ts";
import { parseAdminCall } from "./admin-arguments.ts";
import { askModel, askSecret } from "./ask.ts";
import { openDataDirectory } from "./data-directory.ts";
import type { DataDirectory } from "./data-directory.ts";
import { readEnvironment } from "./environment.ts";
import { findRunningServer } from "./instance-lock.ts";
import { keysRotate } from "./keys-rotate.ts";
import { openData } from "./open-data.ts";
import { parseServerUrl, runThere } from "./remote-command.ts";

export async function admin(argv: readonly string[]): Promise<void> {
  process.umask(0o077);
  try {
    const env = readEnvironment(join(process.cwd(), ".env"), process.env);
    const settings = readSettings(env);
    const here = () => openDataDirectory(settings.data, env);
    const call = parseAdminCall(argv, [...commands, keysRotate(here)]);
    const input = call.command.name === "model set" ? await askModel(call.input) : call.input;
    check(call.command, input);
    if (call.url === undefined) {
      const directory = here();
      const output = await runHere(call.command, input, directory, settings);
      print(call.command, output, findRunningServer(directory)?.url);
    } else {
      const url = parseServerUrl(call.url);
      const output = await runThere(call.command.name, url, input, env["HOLDFAST_ADMIN_KEY"] ?? (await askSecret("Your API key of scope admin?")));
      print(call.command, output, url.origin);
    }
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`);
    process.exitCode = 1;
  }
}

/** Before anything is opened or sent: what is wrong with the arguments. They travel as they were given. */
function check(chosen: Command, input: Record<string, string>): void {
  const { error } = chosen.input.safeParse(input);
  if (error) throw new SetupError(error.issues.map((issue) => `${issue.path.join(".") || chosen.name}: ${issue.message}`).join("\n"));
}

async function runHere(chosen: Command, input: unknown, directory: DataDirectory, settings: Settings): Promise<unknown> {
  const { services, close } = await openData(directory, settings);
  try {
    return await chosen.run(services, chosen.input.parse(input), { who: "", surface: "command line" });
  } finally {
    close();
  }
}

/** @param server where sign-in links lead. @default - none runs, so the link is shown without an address that somebody else might listen at */
function print(chosen: Command, output: unknown, server: string | undefined): void {
  for (const line of chosen.print(output)) {
    const isLink = line.startsWith("/#");
    process.stdout.write(`${isLink && server !== undefined ? server + line : line}\n`);
    if (isLink && server === undefined) process.stdout.write("The server does not run. Start it with npm start, and put the address that it prints in front of this.\n");
  }
}

function describe(error: unknown): string {
  if (error instanceof Problem) return `${error.message}${error.details.fix === undefined ? "" : `; ${error.details.fix}`}`;
  return error instanceof SetupError ? error.message : `the command failed: ${inspect(error)}`;
}
