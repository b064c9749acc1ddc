/**
 * One server for each data directory. The lock is SQLite's own exclusive lock on an empty database: the kernel frees it when
 * the process ends, however it ends, so there is no stale lock to clean up.
 */
import { readFileSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { SetupError } from "../../problems.ts";
import type { DataDirectory } from "./data-directory.ts";
import { writePrivateFile } from "./private-file.ts";

const running = z.object({ pid: z.int(), url: z.string() });

/** The server that runs on a data directory. */
export type RunningServer = z.infer<typeof running>;

export interface InstanceLock {
  /** Tells commands beside the server where it listens. */
  announce(url: string): void;
  release(): void;
}

/** @throws {SetupError} when another server has it */
export function lockInstance(directory: DataDirectory): InstanceLock {
  const database = takeLock(directory);
  rmSync(directory.running, { force: true });
  return {
    announce(url) {
      writePrivateFile(directory.running, `${JSON.stringify({ pid: process.pid, url } satisfies RunningServer)}\n`);
    },
    release() {
      rmSync(directory.running, { force: true });
      database.close();
    },
  };
}

function takeLock(directory: DataDirectory): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(directory.lock, { timeout: 0 });
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database?.close();
    if (!(error instanceof Error && /database is locked/.test(error.message))) {
      throw new SetupError(`the data directory ${directory.path} cannot be locked (${error instanceof Error ? error.message : String(error)}): check its owner and mode, and that its disk can be written`);
    }
    const other = findRunningServer(directory);
    throw new SetupError(`another server uses the data in ${directory.path}${other ? `: process ${other.pid}, at ${other.url}` : ""}. Use that one, or stop it first`);
  }
}

/** Where the server of this data directory listens, or undefined when none said so. It may have died since. */
export function findRunningServer({ running: path }: DataDirectory): RunningServer | undefined {
  try {
    return running.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined; // not there, or half written by a process that died
  }
}
