import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runAdmin, spawnServer, startServerProcess, temporaryData, untilItListens } from "../support/server-process.ts";

const noTerminal = spawnSync("python3", ["-c", "import pty"]).status === 0 ? undefined : "python3 is missing, which would play the terminal";
if (noTerminal !== undefined) console.warn(`skipped: ${noTerminal}`);
const terminal = ["python3", "-c", "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"];

let data: ReturnType<typeof temporaryData>;
beforeEach(() => {
  data = temporaryData();
});
afterEach(() => data.remove());

async function exchange(url: string, link: string): Promise<{ readonly status: number; readonly cookie: string | null }> {
  const response = await fetch(`${url}/api/session`, { method: "POST", headers: { origin: url, "content-type": "application/json" }, body: JSON.stringify({ link }) });
  return { status: response.status, cookie: response.headers.get("set-cookie") };
}

describe.skipIf(noTerminal !== undefined)("to a terminal", () => {
  it("the server prints a sign-in link, which works once", async () => {
    const server = await untilItListens(spawnServer(data.path, { through: terminal }));
    await expect.poll(server.output).toMatch(/Sign in, once, within ten minutes:\r?\n {2}http:\S+\r?\n/);
    const [, address, token = ""] = /(http:\S+)\/#link=(\S+)/.exec(server.output()) ?? [];
    expect(address).toBe(server.url);
    expect(await exchange(server.url, token)).toEqual({ status: 204, cookie: expect.stringMatching(/^holdfast-s-[\w-]{8}=[\w-]{43}; Path=\/; Expires=.*; HttpOnly; SameSite=Strict$/) });
    expect(await exchange(server.url, token)).toEqual({ status: 401, cookie: null });
    expect(server.output().split("#link=")).toHaveLength(2);
    await server.stop();
  });
});

describe("to anything else", () => {
  it("the server prints how to get a link, and no link", async () => {
    const server = await startServerProcess(data.path);
    await expect.poll(server.output).toMatch(/\n {2}sign-in link: npm run admin -- link\n$/);
    await server.stop();
    expect(server.output()).not.toMatch(/#link|Sign in/);
    expect(await runAdmin(data.path, ["audit", "show"])).not.toContain("link.created");
  });

  it("a link of the command line works with the server that runs, once; of the exchange nothing reaches the output", async () => {
    const server = await startServerProcess(data.path);
    const printed = await runAdmin(data.path, ["link"]);
    const [, address, token = ""] = /(http:\S+)\/#link=(\S+)/.exec(printed) ?? [];
    expect(address).toBe(server.url);
    expect((await exchange(server.url, token)).status).toBe(204);
    expect((await exchange(server.url, token)).status).toBe(401);
    expect(await server.stop()).toBe(0);
    expect(server.output()).toContain("sign-in refused from 127.0.0.1 (link_invalid)");
    expect(server.output()).not.toContain(token);
  });
});
