import { existsSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startServerProcess, temporaryData } from "../support/server-process.ts";
import { refusedStart, snapshot, usedData } from "./support/refused-start.ts";

const noProc = existsSync("/proc/net/tcp") ? undefined : "there is no /proc/net/tcp to see a process's sockets in";
if (noProc !== undefined) console.warn(`skipped: ${noProc}`);

let data: ReturnType<typeof temporaryData>;
beforeEach(() => {
  data = temporaryData();
});
afterEach(() => data.remove());

/** Sockets of a process that listen, as the kernel lists them: address:port in hexadecimal. */
function listening(pid: number): string[] {
  const inodes = readdirSync(`/proc/${pid}/fd`).map((fd) => /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]);
  return ["tcp", "tcp6", "udp", "udp6"].flatMap((protocol) =>
    readFileSync(`/proc/${pid}/net/${protocol}`, "utf8").trim().split("\n").slice(1).flatMap((line) => {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      // 0A: LISTEN; 07: a UDP socket that is bound (include/net/tcp_states.h).
      return inodes.includes(inode) && (state === "0A" || state === "07") ? [`${protocol} ${local}`] : [];
    }),
  );
}

/** Takes a port, and as many after it as are wanted. Tries others when somebody else has one of them. */
async function occupy(count: number): Promise<{ readonly port: number; free(): void }> {
  for (;;) {
    const servers: Server[] = [];
    const take = (port: number, server = createServer()) =>
      new Promise<number>((resolve, reject) => {
        servers.push(server);
        server.once("error", reject).listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
      });
    const free = () => servers.forEach((server) => server.close());
    try {
      const port = await take(0);
      for (let next = 1; next < count; next += 1) await take(port + next);
      return { port, free };
    } catch {
      free();
    }
  }
}

describe.skipIf(noProc !== undefined)("the server", () => {
  it("listens at one socket, on the loopback address", async () => {
    const server = await startServerProcess(data.path);
    const port = Number(new URL(server.url).port);
    expect(listening(server.process.pid ?? 0)).toEqual([`tcp 0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`]);
    await server.stop();
  });
});

describe("a port that is taken", () => {
  it("gives way to the next free one, and that is said plainly", async () => {
    const taken = await occupy(2);
    const server = await startServerProcess(data.path, { HOLDFAST_PORT: String(taken.port) });
    const port = Number(new URL(server.url).port);
    expect(port).toBeGreaterThanOrEqual(taken.port + 2);
    expect(port).toBeLessThan(taken.port + 20);
    await expect.poll(server.output).toContain(`holdfast listening on http://127.0.0.1:${port}\n  port ${taken.port} is taken, so this is the next free one\n`);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${server.url}/healthz`, { headers: { origin: `http://127.0.0.1:${taken.port}` } })).status).toBe(403);
    await server.stop();
    taken.free();
  });

  it("is not mentioned when it is free", async () => {
    const { port, free } = await occupy(1);
    free();
    const server = await startServerProcess(data.path, { HOLDFAST_PORT: String(port) });
    await server.stop();
    expect(server.url).toBe(`http://127.0.0.1:${port}`);
    expect(server.output()).not.toContain("taken");
  });

  it("ends the start when the twenty from it on are taken; the data is as it was and can be used", async () => {
    const used = await usedData();
    const taken = await occupy(20);
    const before = snapshot(used.path);
    expect(await refusedStart(used.path, { env: { HOLDFAST_PORT: String(taken.port) } })).toEqual({
      code: 1,
      stdout: "",
      stderr: `holdfast did not start: no port from ${taken.port} to ${taken.port + 19} is free: set HOLDFAST_PORT to another one, or to 0 for any\n`,
    });
    expect(snapshot(used.path)).toEqual(before);
    taken.free();
    expect(await (await startServerProcess(used.path, { HOLDFAST_PORT: String(taken.port) })).stop()).toBe(0);
    used.remove();
  });
});

it.each(["-1", "65536", "http", "47.5"])("port %s is refused in words, before anything is made", async (port) => {
  expect(await refusedStart(data.path, { env: { HOLDFAST_PORT: port } })).toEqual({ code: 1, stdout: "", stderr: "holdfast did not start: the settings have a problem:\n  HOLDFAST_PORT: must be a whole number from 0 to 65535\n" });
  expect(readdirSync(data.path)).toEqual([]);
});
