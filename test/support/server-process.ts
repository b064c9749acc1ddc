/** The built server as its own process, on a data directory of its own. `npm run build` must have run. */
import { spawn } from "node:child_process";
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const dist = fileURLToPath(new URL("../../dist/", import.meta.url));

export interface ServerProcess {
  readonly url: string;
  readonly process: ChildProcess;
  /** Everything it has printed so far, both streams. */
  output(): string;
  /** Ends it and waits. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export function temporaryData(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "holdfast-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface SpawnArgs {
  readonly env?: Record<string, string>;
  readonly nodeArguments?: readonly string[];
  /** Where a `.env` would be looked for. @default - the data directory, so that the developer's own settings stay out of the tests */
  readonly cwd?: string;
  /** What runs in place of Node, with Node's command line after it, such as `["setpriv", "--reuid", "nobody"]`. @default - nothing */
  readonly through?: readonly string[];
  readonly options?: SpawnOptions;
}

/** Starts the process and waits for nothing. Its output is piped. */
export function spawnServer(data: string, { env = {}, nodeArguments = [], cwd = data, through = [], options = {} }: SpawnArgs = {}): ChildProcess {
  const [program, ...args] = [...through, process.execPath, ...nodeArguments, join(dist, "server.js")];
  return spawn(program, args, { cwd, env: { PATH: process.env["PATH"] ?? "", HOME: data, HOLDFAST_DATA: data, HOLDFAST_PORT: "0", ...env }, stdio: ["ignore", "pipe", "pipe"], ...options });
}

/** Resolves when it listens. @throws what it printed, when it ends before that */
export function startServerProcess(data: string, env: Record<string, string> = {}, nodeArguments: readonly string[] = []): Promise<ServerProcess> {
  return untilItListens(spawnServer(data, { env, nodeArguments }));
}

/** Resolves when it listens. @throws what it printed, when it ends before that */
export async function untilItListens(child: ChildProcess): Promise<ServerProcess> {
  let output = "";
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const closed = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        const [, address] = /listening on (http:\S+)\s/.exec(output) ?? [];
        if (address !== undefined) resolve(address);
      });
    }
    void closed.then((code) => reject(new Error(`the server ended with ${code}: ${output}`)));
  });
  return {
    url,
    process: child,
    output: () => output,
    stop(signal = "SIGTERM") {
      child.kill(signal);
      return ended;
    },
  };
}

export interface AdminArgs {
  readonly env?: Record<string, string>;
  readonly input?: string;
  /** As for spawnServer. @default - nothing */
  readonly through?: readonly string[];
}

/** Runs an admin command; returns its standard output. @throws its standard error, when it fails */
export async function runAdmin(data: string, args: readonly string[], { env = {}, input = "", through = [] }: AdminArgs = {}): Promise<string> {
  const [program = process.execPath, ...programArguments] = [...through, process.execPath, join(dist, "admin.js"), ...args];
  const child = spawn(program, programArguments, { cwd: data, env: { PATH: process.env["PATH"] ?? "", HOME: data, HOLDFAST_DATA: data, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(input);
  const [out, err] = await Promise.all([child.stdout, child.stderr].map(async (stream) => (await stream.setEncoding("utf8").toArray()).join("")));
  const code = child.exitCode ?? (await new Promise<number | null>((resolve) => child.once("exit", resolve)));
  if (code !== 0) throw new Error(err);
  return out ?? "";
}
