/**
 * Preloaded into a process with `--import`: writes every way out that it takes, one line each, to the file that
 * RECORD_CONNECTIONS names. What is recorded goes on as it would have.
 */
import childProcess from "node:child_process";
import dgram from "node:dgram";
import dns from "node:dns";
import { appendFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import tls from "node:tls";

type Callable = (...args: unknown[]) => unknown;

const file = process.env["RECORD_CONNECTIONS"] ?? "";

function record(line: string): void {
  appendFileSync(file, `${line}\n`);
}

function watch(holder: object, name: string, describe: (args: unknown[]) => string): void {
  const original = Reflect.get(holder, name) as Callable;
  Reflect.set(holder, name, function watched(this: unknown, ...args: unknown[]) {
    record(describe(args));
    return Reflect.apply<unknown, unknown[], unknown>(original, this, args);
  });
}

/** Arguments of Socket.connect: options, a port and a host, or a list that Node has made of them already. */
function target([first, second]: unknown[]): string {
  const given: unknown = Array.isArray(first) ? first[0] : first;
  if (typeof given !== "object" || given === null) return `${typeof second === "string" ? second : "localhost"}:${String(given)}`;
  const { host, port, path } = given as { host?: string; port?: number; path?: string };
  return path === undefined || port !== undefined ? `${host ?? "localhost"}:${port}` : path;
}

watch(net.Socket.prototype, "connect", (args) => `connect ${target(args)}`);
watch(tls, "connect", (args) => `tls ${target(args)}`);
watch(dgram, "createSocket", () => "datagram socket");
for (const name of ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"]) watch(childProcess, name, ([program]) => `process ${String(program)}`);
for (const holder of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype]) {
  for (const name of ["lookup", "lookupService", "resolve", "reverse", ...Object.getOwnPropertyNames(holder).filter((one) => /^resolve\w/.test(one))]) {
    if (typeof Reflect.get(holder, name) === "function") watch(holder, name, ([host]) => `${name} ${String(host)}`);
  }
}
watch(globalThis, "fetch", ([url, init]) => `fetch ${(init as RequestInit | undefined)?.method ?? "GET"} ${url instanceof Request ? url.url : String(url)}`);
syncBuiltinESMExports();
