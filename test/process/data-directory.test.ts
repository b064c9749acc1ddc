/** The data directory belongs to its owner alone, wherever it is and whatever the shell's umask says. */
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runAdmin, spawnServer, startServerProcess, temporaryData, untilItListens } from "../support/server-process.ts";
import { createAsker, newAsk } from "./support/asker.ts";
import { refusedStart, snapshot } from "./support/refused-start.ts";

let data: ReturnType<typeof temporaryData>;
beforeEach(() => {
  data = temporaryData();
});
afterEach(() => data.remove());

/** Modes that are not the two that are allowed, by path. */
function tooOpen(folder: string): Record<string, string> {
  const modes = [folder, ...readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name))].map((path) => {
    const stats = lstatSync(path);
    return [path, (stats.mode & 0o777).toString(8), stats.isDirectory() ? "700" : "600"] as const;
  });
  return Object.fromEntries(modes.filter(([, mode, allowed]) => mode !== allowed).map(([path, mode]) => [path, mode]));
}

describe("everything in the data directory is of mode 0600, and folders of 0700", () => {
  it.each(["022", "000"])("with umask %s", async (umask) => {
    const path = join(data.path, "deep", "data");
    const server = await untilItListens(spawnServer(path, { cwd: data.path, through: ["sh", "-c", `umask ${umask}; exec "$@"`, "sh"] }));
    const key = (await runAdmin(path, ["key", "create", "test"])).trim().split("\n").at(-1) ?? "";
    const asked = newAsk("Hello", undefined, 0);
    await createAsker(server.url, key).ask(asked);
    expect(asked.end).toBe("complete");
    expect(readdirSync(path).toSorted()).toEqual(["audit-heads.jsonl", "keyring.json", "keys", "lock.sqlite", "lock.sqlite-journal", "opening.sqlite", "running.json", "store.sqlite", "store.sqlite-shm", "store.sqlite-wal"]);
    expect(tooOpen(path)).toEqual({});
    expect(await server.stop()).toBe(0);
    expect(readdirSync(path).toSorted()).toEqual(["audit-heads.jsonl", "keyring.json", "keys", "lock.sqlite", "opening.sqlite", "store.sqlite"]);
    expect(tooOpen(path)).toEqual({});
  });

  it("a directory that others could open is closed to them", async () => {
    chmodSync(data.path, 0o755);
    const server = await startServerProcess(data.path);
    await server.stop();
    expect(tooOpen(data.path)).toEqual({});
  });
});

describe("the data directory is", () => {
  it.each([
    ["holdfast in XDG_DATA_HOME", (home: string) => ({ XDG_DATA_HOME: join(home, "xdg") }), "xdg/holdfast"],
    ["~/.local/share/holdfast without it", () => ({}), ".local/share/holdfast"],
    ["~/.local/share/holdfast when XDG_DATA_HOME is relative", () => ({ XDG_DATA_HOME: "relative" }), ".local/share/holdfast"],
    ["HOLDFAST_DATA, whatever XDG_DATA_HOME says", (home: string) => ({ XDG_DATA_HOME: join(home, "xdg"), HOLDFAST_DATA: join(home, "mine") }), "mine"],
    ["HOLDFAST_DATA, from the working directory when it is relative", () => ({ HOLDFAST_DATA: "here" }), "here"],
  ])("%s", async (_, env, expected) => {
    // An empty setting is no setting.
    const server = await startServerProcess(data.path, { HOLDFAST_DATA: "", ...env(data.path) });
    await server.stop();
    expect(server.output()).toContain(`\n  data   ${join(data.path, expected)}\n`);
    expect(readdirSync(data.path)).toEqual([expected.split("/")[0]]);
    expect(readdirSync(join(data.path, expected))).toContain("keyring.json");
  });
});

it("a file in the place of the directory is refused, and left as it is", async () => {
  const before = snapshot(data.path);
  const path = process.execPath;
  const { code, stderr } = await refusedStart(data.path, { env: { HOLDFAST_DATA: path } });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^holdfast did not start: the data directory .* cannot be used \(EEXIST: .*\): set HOLDFAST_DATA to a directory of your own\n$/) });
  expect(snapshot(data.path)).toEqual(before);
});

const notRoot = process.getuid?.() === 0 ? undefined : "only root can start a server as somebody else";
if (notRoot !== undefined) console.warn(`skipped: ${notRoot}`);

describe.skipIf(notRoot !== undefined)("a user without rights is told why:", () => {
  const nobody = { options: { uid: 65_534, gid: 65_534 } };

  it("somebody else's directory is refused, and left as it is", async () => {
    chmodSync(data.path, 0o755);
    const before = snapshot(data.path);
    const { code, stderr } = await refusedStart(data.path, { ...nobody, cwd: "/" });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^holdfast did not start: the data directory .* cannot be used \(EPERM: .*\): set HOLDFAST_DATA to a directory of your own\n$/) });
    expect(snapshot(data.path)).toEqual(before);
  });

  it("a directory that may not be written is refused, and left as it is", async () => {
    chmodSync(data.path, 0o711);
    mkdirSync(join(data.path, "data"), { mode: 0o500 });
    const path = join(data.path, "data");
    chownSync(path, nobody.options.uid, nobody.options.gid);
    const before = snapshot(path);
    const { code, stderr } = await refusedStart(path, { ...nobody, cwd: "/" });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^holdfast did not start: .*lock\.sqlite cannot be locked \(unable to open database file\): check its owner and mode, and that its disk can be written\n$/) });
    expect(snapshot(path)).toEqual(before);
  });
});

it("a symbolic link to the data is the same data: a second server on it is refused", async () => {
  const link = `${data.path}-link`;
  const server = await startServerProcess(data.path);
  symlinkSync(data.path, link);
  const { code, stderr } = await refusedStart(link, { cwd: data.path });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`process ${server.process.pid}, at ${server.url}. Use that one, or stop it first`) });
  await server.stop();
});
