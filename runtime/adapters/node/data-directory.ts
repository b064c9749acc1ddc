/** The data directory: everything that this assistant keeps, readable by its owner alone. */
import { chmodSync, mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { SetupError } from "../../problems.ts";

export interface DataDirectory {
  readonly path: string;
  /** The database, with its write-ahead log beside it. */
  readonly store: string;
  /** Wrapped data keys, one file a person. */
  readonly keyStore: string;
  readonly keyRing: string;
  /** Held by the server as long as it runs. */
  readonly lock: string;
  /** Held by whoever opens the data, while it is made or migrated. */
  readonly opening: string;
  /** Process id and address of the server that runs now. */
  readonly running: string;
  readonly auditHeads: string;
}

/**
 * Creates the directory where it is missing, and closes it to others where it is open.
 * @param wanted HOLDFAST_DATA. @default - `holdfast` in XDG_DATA_HOME, which is ~/.local/share unless set (XDG Base Directory Specification)
 * @throws {SetupError} when it cannot be made or is not a directory
 */
export function openDataDirectory(wanted: string | undefined, env: Readonly<Record<string, string | undefined>>): DataDirectory {
  const path = wanted === undefined ? defaultPath(env) : resolve(wanted);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const { mode } = statSync(path);
    if ((mode & 0o077) !== 0) chmodSync(path, 0o700);
  } catch (error) {
    throw new SetupError(`the data directory ${path} cannot be used (${error instanceof Error ? error.message : String(error)}): set HOLDFAST_DATA to a directory of your own`);
  }
  return {
    path,
    store: join(path, "store.sqlite"),
    keyStore: join(path, "keys"),
    keyRing: join(path, "keyring.json"),
    lock: join(path, "lock.sqlite"),
    opening: join(path, "opening.sqlite"),
    running: join(path, "running.json"),
    auditHeads: join(path, "audit-heads.jsonl"),
  };
}

function defaultPath(env: Readonly<Record<string, string | undefined>>): string {
  const base = env["XDG_DATA_HOME"];
  // The specification says to ignore a relative path.
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), ".local", "share"), "holdfast");
}
