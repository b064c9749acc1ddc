/** `npm run admin`: runs a command on the data of this machine, whether or not the server runs, or asks a server elsewhere. */
import { join } from "node:path";
import { z } from "zod";
import { routeOf } from "../../admin/admin-routes.ts";
import { commands } from "../../admin/commands.ts";
import type { Command } from "../../admin/command.ts";
import { command } from "../../admin/command.ts";
import { openKeyRing, rotateKeyRing } from "../../crypto/key-ring.ts";
import { Problem, SetupError } from "../../problems.ts";
import { readSettings } from "../../settings.ts";
import type { Settings } from "../../settings.ts";
import { parseAdminCall } from "./admin-arguments.ts";
import type { AdminCall } from "./admin-arguments.ts";
import { askModel, askSecret } from "./ask.ts";
import { openDataDirectory } from "./data-directory.ts";
import type { DataDirectory } from "./data-directory.ts";
import { readEnvironment } from "./environment.ts";
import { findRunningServer } from "./instance-lock.ts";
import { readKeyRingDocument, writeKeyRingDocument } from "./key-ring-file.ts";
import { openData, rewrapKeys } from "./open-data.ts";

export async function admin(argv: readonly string[]): Promise<void> {
  process.umask(0o077);
  try {
    const env = readEnvironment(join(process.cwd(), ".env"), process.env);
    const settings = readSettings(env);
    const directory = openDataDirectory(settings.data, env);
    const call = parseAdminCall(argv, [...commands, keysRotate(directory)]);
    const input = call.command.name === "model set" ? await askModel(call.input) : call.input;
    check(call.command, input);
    const output = call.url === undefined ? await runHere(call.command, input, directory, settings) : await runThere(call, input, env["HOLDFAST_ADMIN_KEY"]);
    for (const line of call.command.print(output)) process.stdout.write(`${line.startsWith("/#") ? addressOf(call, directory, settings) + line : line}\n`);
  } catch (error) {
    if (!(error instanceof SetupError || error instanceof Problem)) throw error;
    const fix = error instanceof Problem && error.details.fix ? `; ${error.details.fix}` : "";
    process.stderr.write(`${error.message}${fix}\n`);
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

async function runThere({ command: { name }, url = "" }: AdminCall, input: unknown, key: string | undefined): Promise<unknown> {
  const authorization = `Bearer ${key ?? (await askSecret("Your API key of scope admin?"))}`;
  const response = await fetch(new URL(routeOf(name), url), { method: "POST", redirect: "manual", headers: { authorization, "content-type": "application/json" }, body: JSON.stringify(input) });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return body;
  const { title, detail } = z.object({ title: z.string(), detail: z.string() }).catch({ title: "the server refused", detail: `it answered ${response.status}` }).parse(body);
  throw new SetupError(`${title}: ${detail}`);
}

/** Where a sign-in link leads: the server that was asked, the one that runs here, or the one that will. */
function addressOf({ url }: AdminCall, directory: DataDirectory, settings: Settings): string {
  return (url === undefined ? (findRunningServer(directory)?.url ?? `http://127.0.0.1:${settings.port}`) : new URL(url).origin).replace(/\/$/, "");
}

/** Works on the key ring's file, so only on the machine that holds it. */
function keysRotate(directory: DataDirectory): Command {
  return command({
    name: "keys rotate",
    summary: "adds a key to the key ring and wraps every data key with it; on this machine only, while the server is stopped",
    positional: [],
    input: z.strictObject({}),
    async run({ foundation }, _input, by) {
      if (findRunningServer(directory)) throw new SetupError("the server runs with the old key ring: stop it first");
      const before = readKeyRingDocument(directory);
      if (!before) throw new SetupError(`there is no key ring at ${directory.keyRing}`);
      const ring = rotateKeyRing(before, new Date());
      writeKeyRingDocument(directory, ring);
      const rewrapped = await rewrapKeys(directory, await openKeyRing(ring));
      await foundation.ledger.commit([], { ...by, action: "keys.rotated", outcome: "ok", sizes: { rewrapped } });
      return { rewrapped, keyRing: directory.keyRing };
    },
    print: ({ rewrapped, keyRing }) => [`Wrapped ${rewrapped} data keys with the new key. Copy ${keyRing} to where you keep its copy.`],
  });
}
