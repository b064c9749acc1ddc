/** Files that hold secrets: readable by their owner alone, replaced whole or not at all. */
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { SetupError } from "../../problems.ts";

/**
 * The text of a file, or undefined when there is none.
 * @param what it is, for the error
 * @throws {SetupError} when others can read it, or it is no file
 */
export function readPrivateFile(path: string, what: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new SetupError(`${what} cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new SetupError(`${what} is not a file`);
    if ((stats.mode & 0o077) !== 0) throw new SetupError(`${what} can be read by others (mode ${(stats.mode & 0o777).toString(8)}): run chmod 600 "${path}", and change the secrets in it if others had access`);
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

/** Durable when it returns. */
export function writePrivateFile(path: string, text: string): void {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    const file = openSync(temporary, "wx", 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}
