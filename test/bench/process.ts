/** Servers under measurement: started by the same Node, watched from /proc, ended by their own id. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { get } from "node:http";
import type { ChildProcess } from "node:child_process";

export interface Program {
  /** For messages. */
  readonly name: string;
  readonly script: string;
  /** The whole environment of the program, apart from PATH. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Running {
  /** Origin, as the program printed it. */
  readonly url: string;
  readonly pid: number;
  /** From spawn to the end of the first 200 reply of /healthz. */
  readonly readyMs: number;
  memory(): Memory;
  /** SIGTERM; SIGKILL when it has not ended within ten seconds. */
  stop(): Promise<void>;
}

/** In MB of 1,000,000 bytes. The rest of `resident` is mapped files, most of it Node's own binary. */
export interface Memory {
  readonly resident: number;
  readonly anonymous: number;
}

const startLimitMs = 30_000;
const stopLimitMs = 10_000;

/** @throws {Error} with what the program printed, when it does not print `listening on <url>` or is not healthy */
export async function start(program: Program): Promise<Running> {
  const began = performance.now();
  const child = spawn(process.execPath, [program.script], {
    env: { PATH: process.env["PATH"] ?? "", ...program.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // However the bench ends, nothing that it started stays behind.
  function endWithBench(): void {
    child.kill("SIGTERM");
  }
  process.once("exit", endWithBench);
  child.once("exit", () => process.off("exit", endWithBench));
  try {
    const url = await listeningUrl(child, program.name);
    await healthy(`${url}/healthz`);
    const readyMs = performance.now() - began;
    const pid = child.pid ?? 0;
    return { url, pid, readyMs, memory: () => memoryOf(pid), stop: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

/** Runs a program to its end and returns what it printed. @throws {Error} when it fails */
export async function run(program: Program, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [program.script, ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...program.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = { stdout: "", stderr: "" };
  child.stdout.on("data", (bytes: Buffer) => { printed.stdout += bytes.toString(); });
  child.stderr.on("data", (bytes: Buffer) => { printed.stderr += bytes.toString(); });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${program.name} ended with ${code}: ${printed.stderr || printed.stdout}`);
  return printed.stdout;
}

async function listeningUrl(child: ChildProcess, name: string): Promise<string> {
  if (child.stdout === null || child.stderr === null) throw new Error(`${name} has no pipes`);
  const printed: string[] = [];
  // Both stay open and are read to the end: a full pipe would stop the program.
  const lines = createInterface({ input: child.stdout });
  child.stderr.on("data", (bytes: Buffer) => { if (printed.length < 100) printed.push(bytes.toString()); });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} is not ready after ${startLimitMs} ms: ${printed.join("")}`)), startLimitMs);
    lines.on("line", (line) => {
      if (printed.length < 100) printed.push(`${line}\n`);
      const url = /listening on (http:\/\/\S+)/u.exec(line)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url.replace(/\/$/u, ""));
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      reject(new Error(`${name} ended with ${code}: ${printed.join("")}`));
    });
  });
}

async function healthy(url: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      response.once("end", () => response.statusCode === 200 ? resolve() : reject(new Error(`${url} answered ${response.statusCode}`)));
    }).once("error", reject);
  });
}

function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return { resident: field(status, "VmRSS"), anonymous: field(status, "RssAnon") };
}

function field(status: string, name: string): number {
  const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, "mu").exec(status)?.[1];
  if (kib === undefined) throw new Error(`/proc has no ${name}; the bench needs Linux`);
  return (Number(kib) * 1024) / 1_000_000;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), stopLimitMs);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill("SIGTERM");
  });
}
