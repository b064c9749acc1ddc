/** One server for each data directory, and where it listens. */
import { readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { SetupError } from "../../problems.ts";
import type { DataDirectory } from "./data-directory.ts";
import { takeFileLock } from "./file-lock.ts";
import { writePrivateFile } from "./private-file.ts";

const running = z.object({ pid: z.int(), url: z.string() });

/** The server that runs on a data directory. */
export type RunningServer = z.infer<typeof running>;

export interface InstanceLock {
  /** Tells commands beside the server where it listens. */
  announce(url: string): void;
  release(): void;
}

/** A command that looks whether a server runs holds the lock for a moment. */
const LOOKING_MILLISECONDS = 1_000;

/** @throws {SetupError} when another server has it */
export function lockInstance(directory: DataDirectory): InstanceLock {
  const lock = takeFileLock(directory.lock, LOOKING_MILLISECONDS);
  if (!lock) {
    const other = readRunning(directory);
    throw new SetupError(`another server uses the data in ${directory.path}${other ? `: process ${other.pid}, at ${other.url}` : ""}. Use that one, or stop it first`);
  }
  rmSync(directory.running, { force: true });
  return {
    announce(url) {
      writePrivateFile(directory.running, `${JSON.stringify({ pid: process.pid, url } satisfies RunningServer)}\n`);
    },
    release() {
      rmSync(directory.running, { force: true });
      lock.release();
    },
  };
}

/** Where the server of this data directory listens, or undefined when none does: one that died has lost its lock. */
export function findRunningServer(directory: DataDirectory): RunningServer | undefined {
  const lock = takeFileLock(directory.lock, 0);
  lock?.release();
  const said = lock ? undefined : readRunning(directory);
  return said && isAlive(said.pid) ? said : undefined;
}

/** Two commands that look at once take each other for a server. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function readRunning({ running: path }: DataDirectory): RunningServer | undefined {
  try {
    return running.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined; // not written yet
  }
}
