import { existsSync, readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startFakeModel } from "../fakes/model.ts";
import { listen } from "../models/support/provider.ts";
import { readEvents, textOf } from "../support/events.ts";
import { runAdmin, spawnServer, startServerProcess, temporaryData, untilItListens } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";

const preload = new URL("record-connections.ts", import.meta.url).href;

function dataDirectory(): string {
  const { path, remove } = temporaryData();
  onTestFinished(remove);
  return path;
}

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter((line) => line !== "") : [];
}

/** Runs an admin command and records what it connects to. */
async function recordedAdmin(data: string, args: readonly string[]): Promise<{ output: string; ways: string[] }> {
  const path = join(data, `admin-${crypto.randomUUID()}`);
  const output = await runAdmin(data, args, { env: { NODE_OPTIONS: `--import=${preload}`, RECORD_CONNECTIONS: path } });
  return { output, ways: linesOf(path) };
}

interface Browser {
  ask(text: string): Promise<string>;
}

/** A browser: loads the page and all of its files, signs in with a link, and looks around. */
async function browse({ url }: ServerProcess, data: string): Promise<Browser> {
  const page = await (await fetch(url)).text();
  for (const [, path] of page.matchAll(/(?:src|href)="(\/[^"]+)"/g)) expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 200]);
  const { output, ways } = await recordedAdmin(data, ["link"]);
  expect(ways).toEqual([]);
  const headers = { origin: url, "content-type": "application/json" };
  const session = await fetch(`${url}/api/session`, { method: "POST", headers, body: JSON.stringify({ link: /#link=([\w-]+)/.exec(output)?.[1] }) });
  const cookie = (session.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  for (const path of ["/api/me", "/api/conversations", "/api/sessions", "/api/usage", "/healthz"]) expect([path, (await fetch(`${url}${path}`, { headers: { cookie } })).status]).toEqual([path, 200]);
  return {
    async ask(text) {
      const events = await readEvents(await fetch(`${url}/api/messages`, { method: "POST", headers: { ...headers, cookie }, body: JSON.stringify({ update: crypto.randomUUID(), text }) }));
      return textOf(events) || JSON.stringify(events.at(-1)?.data);
    },
  };
}

describe("every way out of the built server", () => {
  it("is none with the demo model: a start, a page, a sign-in, two turns and a stop", async () => {
    const data = dataDirectory();
    const path = join(data, "ways");
    const server = await startServerProcess(data, { RECORD_CONNECTIONS: path }, ["--import", preload]);
    const browser = await browse(server, data);

    const answers = [await browser.ask("Hello"), await browser.ask("[a link](https://192.0.2.1/) ![image](https://192.0.2.1/x.png)")];
    const code = await server.stop();

    expect([answers.map((answer) => answer.includes("demo model")), code]).toEqual([[true, true], 0]);
    // Node looks an address up before it listens on it; an address that is a number is not asked for anywhere.
    expect(linesOf(path)).toEqual(["lookup 127.0.0.1"]);
  });

  it("is the declared provider alone, and never where it redirects to", async () => {
    const data = dataDirectory();
    const path = join(data, "ways");
    const fake = await startFakeModel();
    onTestFinished(fake.close);
    let visits = 0;
    const elsewhere = await listen((response) => {
      visits += 1;
      response.end();
    });
    const server = await startServerProcess(
      data,
      { RECORD_CONNECTIONS: path, HOLDFAST_MODEL_PROVIDER: "openai-compatible", HOLDFAST_MODEL_NAME: "m", HOLDFAST_MODEL_BASE_URL: fake.url, HOLDFAST_MODEL_API_KEY: "sk-test" },
      ["--import", preload],
    );
    const browser = await browse(server, data);

    const answers = [await browser.ask("Hello"), await browser.ask(`[[redirect ${elsewhere}/v1/chat/completions]]`)];
    await server.stop();

    const address = new URL(fake.url).host;
    expect(answers[0]).toBe("You said: Hello");
    expect(answers[1]).toContain("redirects are not followed");
    expect(new Set(linesOf(path))).toEqual(new Set(["lookup 127.0.0.1", `fetch POST ${fake.url}/chat/completions`, `connect ${address}`]));
    expect(linesOf(path).filter((line) => line.startsWith("fetch"))).toHaveLength(2);
    expect([fake.requests.length, visits]).toEqual([2, 0]);
  });

  it("is recorded when there is one: the recorder sees connections, names, datagrams and processes", async () => {
    const path = join(dataDirectory(), "ways");
    const script = `
      import { connect } from "node:net"; import { resolve4 } from "node:dns/promises"; import { createSocket } from "node:dgram"; import { execFileSync } from "node:child_process";
      connect(1, "127.0.0.1").on("error", () => {}); resolve4("provider.invalid").catch(() => {}); createSocket("udp4").close(); execFileSync("true"); fetch("http://127.0.0.1:2/").catch(() => {});`;

    spawnSync(process.execPath, ["--import", preload, "--input-type=module", "--eval", script], { env: { ...process.env, RECORD_CONNECTIONS: path }, timeout: 20_000 });

    expect(new Set(linesOf(path))).toEqual(new Set(["connect 127.0.0.1:1", "resolve4 provider.invalid", "datagram socket", "process true", "fetch GET http://127.0.0.1:2/", "connect 127.0.0.1:2"]));
  });
});

describe("every admin command that reads or changes the data", () => {
  it.each(["link", "people list", "key create program", "key list", "session list", "model show", "settings show", "audit verify", "audit show", "keys rotate"])("%s connects to nothing", async (command) => {
    expect((await recordedAdmin(dataDirectory(), command.split(" "))).ways).toEqual([]);
  });
});

const tracing = spawnSync("strace", ["-f", "-qq", "-e", "trace=connect", "-o", "/dev/null", "true"]);
const noStrace = tracing.status === 0 ? "" : `strace cannot be used here: ${tracing.error?.message ?? tracing.stderr.toString().trim()}`;
if (noStrace !== "") console.warn(`skipped: the kernel's view of every connection (${noStrace})`);

describe.skipIf(noStrace !== "")("every connection that the kernel sees of the built server", () => {
  it("goes to the declared provider alone", async () => {
    const data = dataDirectory();
    const path = join(data, "strace");
    const fake = await startFakeModel();
    onTestFinished(fake.close);
    const env = { HOLDFAST_MODEL_PROVIDER: "openai-compatible", HOLDFAST_MODEL_NAME: "m", HOLDFAST_MODEL_BASE_URL: fake.url };
    const server = await untilItListens(spawnServer(data, { env, through: ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o", path] }));
    const browser = await browse(server, data);

    const answer = await browser.ask("Hello");
    const { pid } = JSON.parse(readFileSync(join(data, "running.json"), "utf8")) as { pid: number };
    process.kill(pid, "SIGTERM");
    await expect.poll(() => server.process.exitCode, { timeout: 10_000 }).toBe(0);

    // glibc asks a name cache on this machine for the user's name, where there is one.
    const addresses = linesOf(path).flatMap((line) => /sa_family=(?!AF_UNIX).*?\}/.exec(line) ?? []).map((found) => found.replaceAll(/sa_family=|htons\(|\)|inet_addr\(|"|sin_port=|sin_addr=|\}/g, ""));
    expect(answer).toBe("You said: Hello");
    expect(addresses).toEqual([`AF_INET, ${new URL(fake.url).port}, 127.0.0.1`]);
  });
});
