/** The environment, with an optional `.env` beneath it: what is set in the shell wins. */
import { execFileSync } from "node:child_process";
import { basename, dirname } from "node:path";
import { parseEnv } from "node:util";
import { SetupError } from "../../problems.ts";
import { readPrivateFile } from "./private-file.ts";

/**
 * @param path of the file, which may be missing
 * @throws {SetupError} when others can read the file, or git would publish it
 */
export function readEnvironment(path: string, shell: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const text = readPrivateFile(path, `the settings file ${path}`);
  if (text === undefined) return shell;
  if (isTracked(path)) throw new SetupError(`the settings file ${path} is tracked by git, so its secrets would be published: run git rm --cached "${basename(path)}", and change the secrets that were committed`);
  return { ...parseEnv(text), ...shell };
}

function isTracked(path: string): boolean {
  try {
    execFileSync("git", ["-c", "safe.directory=*", "-C", dirname(path), "ls-files", "--error-unmatch", "--", basename(path)], { stdio: "ignore" });
    return true;
  } catch {
    return false; // no git, no repository, or not tracked
  }
}
