/**
 * A lock between processes: SQLite's own exclusive lock on an empty database. The kernel frees it when the process ends,
 * however it ends, so there is no stale lock to clean up.
 */
import { DatabaseSync } from "node:sqlite";
import { SetupError } from "../../problems.ts";

export interface FileLock {
  release(): void;
}

/**
 * Takes the lock, or returns undefined when another process has it still after `waitMilliseconds`.
 * @throws {SetupError} when the file cannot be used
 */
export function takeFileLock(path: string, waitMilliseconds: number): FileLock | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: waitMilliseconds });
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    const held = database;
    return { release: () => held.close() };
  } catch (error) {
    database?.close();
    const message = error instanceof Error ? error.message : String(error);
    if (/database is locked/.test(message)) return undefined;
    throw new SetupError(`${path} cannot be locked (${message}): check its owner and mode, and that its disk can be written`);
  }
}
