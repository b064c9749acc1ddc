/** Starts that must fail, and what they may leave behind: nothing. */
import { createHash } from "node:crypto";
import { lstatSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { spawnServer, startServerProcess, temporaryData } from "../../support/server-process.ts";
import type { SpawnArgs } from "../../support/server-process.ts";

export interface RefusedStart {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a server that is expected not to, and waits for its end. One that listens all the same is ended. */
export async function refusedStart(data: string, args: SpawnArgs = {}): Promise<RefusedStart> {
  const child = spawnServer(data, args);
  let [stdout, stderr] = ["", ""];
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (text.includes("listening")) child.kill("SIGKILL");
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout, stderr };
}

/** Every file and folder, with its mode, owner and what is in it. */
export function snapshot(path: string, name = "."): Record<string, string> {
  const { mode, uid } = lstatSync(path);
  const own = `${mode.toString(8)} of ${uid}`;
  if (!lstatSync(path).isDirectory()) return { [name]: `${own} ${createHash("sha256").update(readFileSync(path)).digest("hex")}` };
  return Object.assign({ [name]: own }, ...readdirSync(path).toSorted().map((entry) => snapshot(join(path, entry), `${name}/${entry}`))) as Record<string, string>;
}

/** A data directory that a server has used and left in good order. */
export async function usedData(): Promise<ReturnType<typeof temporaryData>> {
  const data = temporaryData();
  await (await startServerProcess(data.path)).stop();
  return data;
}
