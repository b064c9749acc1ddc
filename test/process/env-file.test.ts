import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { spawnServer, temporaryData, untilItListens } from "../support/server-process.ts";
import { refusedStart } from "./support/refused-start.ts";

const KEY = "sk-a-key-that-nobody-may-see";
const SETTINGS = `HOLDFAST_MODEL_PROVIDER=openai-compatible\nHOLDFAST_MODEL_NAME=from-the-file\nHOLDFAST_MODEL_BASE_URL=http://127.0.0.1:9/v1\nHOLDFAST_MODEL_API_KEY=${KEY}\n`;
const noGit = spawnSync("git", ["--version"]).status === 0 ? undefined : "git is missing";
if (noGit !== undefined) console.warn(`skipped: ${noGit}`);

let data: ReturnType<typeof temporaryData>;
let project: ReturnType<typeof temporaryData>;
let file: string;
beforeEach(() => {
  [data, project] = [temporaryData(), temporaryData()];
  file = join(project.path, ".env");
});
afterEach(() => {
  data.remove();
  project.remove();
});

function write(text: string, mode = 0o600): void {
  writeFileSync(file, text);
  chmodSync(file, mode);
}

const git = (...args: string[]) => execFileSync("git", ["-C", project.path, ...args], { stdio: "ignore" });

async function output(env: Record<string, string> = {}): Promise<string> {
  const server = await untilItListens(spawnServer(data.path, { cwd: project.path, env }));
  await server.stop();
  expect(server.output()).not.toContain(KEY);
  return server.output();
}

async function refusal(): Promise<string> {
  const { code, stdout, stderr } = await refusedStart(data.path, { cwd: project.path });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).not.toContain(KEY);
  return stderr.replaceAll(project.path, "…");
}

describe("a .env in the working directory", () => {
  it("is used when its owner alone can read it", async () => {
    write(SETTINGS);
    expect(await output()).toContain("\n  model  from-the-file at 127.0.0.1:9\n");
  });

  it("gives way to what is set in the shell", async () => {
    write(SETTINGS);
    expect(await output({ HOLDFAST_MODEL_NAME: "from-the-shell" })).toContain("\n  model  from-the-shell at 127.0.0.1:9\n");
  });

  it.each(["640", "604", "620"])("is refused when others can open it: mode %s", async (mode) => {
    write(SETTINGS, Number.parseInt(mode, 8));
    expect(await refusal()).toBe(`holdfast did not start: the settings file …/.env can be read by others (mode ${mode}): run chmod 600 "…/.env", and change the secrets in it if others had access\n`);
  });

  it("is refused when it is a folder", async () => {
    mkdirSync(file, { mode: 0o700 });
    expect(await refusal()).toBe("holdfast did not start: the settings file …/.env is not a file\n");
  });

  it("is refused for a name that is no setting, and says so without the values", async () => {
    write(`${SETTINGS}HOLDFAST_MODEL_APIKEY=${KEY}\n`);
    expect(await refusal()).toMatch(/HOLDFAST_MODEL_APIKEY: there is no such setting/);
  });
});

describe.skipIf(noGit !== undefined)("a .env in a git repository", () => {
  beforeEach(() => git("init", "--quiet"));

  it("is used when git does not track it", async () => {
    write(SETTINGS);
    expect(await output()).toContain("from-the-file");
  });

  it("is refused when git tracks it, from the moment that it is added", async () => {
    write(SETTINGS);
    git("add", ".env");
    expect(await refusal()).toBe('holdfast did not start: the settings file …/.env is tracked by git, so its secrets would be published: run git rm --cached ".env", and change the secrets that were committed\n');
    git("rm", "--cached", "--quiet", ".env");
    expect(await output()).toContain("from-the-file");
  });
});
