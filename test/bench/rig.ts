/** What every measurement needs: the fake provider, the two programs to compare, and a place for data. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { run, start } from "./process.ts";
import type { Program, Running } from "./process.ts";
import type { Target } from "./turn.ts";

export interface Rig {
  /** The repository. */
  readonly root: string;
  readonly bare: Program;
  /** The fake provider's base URL, for direct calls. */
  readonly modelUrl: string;
  /** Starts Holdfast for the first time on a new data directory, makes an API key and stops it again. */
  prepare(name: string): Promise<Prepared>;
  close(): Promise<void>;
}

/** An initialised data directory and the means to use it. */
export interface Prepared {
  readonly program: Program;
  readonly folder: string;
  readonly apiKey: string;
  readonly firstReadyMs: number;
}

const modelKey = "sk-bench-0123456789abcdef";

export async function openRig(): Promise<Rig> {
  const root = join(import.meta.dirname, "..", "..");
  const server = join(root, "dist", "server.js");
  if (!existsSync(server)) throw new Error("dist/server.js is not there; run npm run build first");
  mkdirSync(join(root, "test", "output"), { recursive: true });
  // Beside the code and not in the system's temporary folder, which may be memory: a write must cost what it costs a user.
  const folder = mkdtempSync(join(root, "test", "output", "bench-"));
  const bareScript = join(folder, "bare-proxy.mjs");
  // As JavaScript, so that the yardstick does not pay for type stripping when it starts.
  writeFileSync(bareScript, transformSync(readFileSync(join(import.meta.dirname, "bare-proxy.ts"), "utf8"), { loader: "ts" }).code);

  const fake = await start({ name: "fake model", script: join(import.meta.dirname, "fake-process.ts"), env: { MODEL_API_KEY: modelKey } });
  const { model: modelUrl } = (await (await fetch(`${fake.url}/healthz`)).json()) as { model: string };

  return {
    root,
    modelUrl,
    bare: { name: "bare proxy", script: bareScript, env: { MODEL_BASE_URL: modelUrl, MODEL_API_KEY: modelKey } },
    async prepare(name) {
      const data = join(folder, name);
      const program = { name: "Holdfast", script: server, env: holdfastEnv(data, modelUrl) };
      const first = await start(program);
      await first.stop();
      const printed = await run({ ...program, name: "admin key create", script: join(root, "dist", "admin.js") }, ["key", "create", "bench"]);
      const apiKey = printed.trimEnd().split("\n").at(-1) ?? "";
      return { program, folder: data, apiKey, firstReadyMs: first.readyMs };
    },
    async close() {
      await fake.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs `use` with one running server of each program, and stops them whatever happens. */
export async function withServers<T>(programs: readonly Program[], use: (...servers: Running[]) => Promise<T>): Promise<T> {
  const servers: Running[] = [];
  try {
    for (const program of programs) servers.push(await start(program));
    return await use(...servers);
  } finally {
    for (const server of servers) await server.stop();
  }
}

export function directTarget(rig: Rig): Target {
  return { name: "direct call", url: `${rig.modelUrl}/chat/completions`, apiKey: modelKey, form: "chat completion" };
}

export function bareTarget(server: Running): Target {
  return { name: "bare proxy", url: `${server.url}/v1/chat/completions`, apiKey: "none", form: "chat completion" };
}

/** The stored turn of the page. */
export function messageTarget(server: Running, { apiKey }: Prepared): Target {
  return { name: "Holdfast", url: `${server.url}/api/messages`, apiKey, form: "message" };
}

/** The OpenAI-compatible API, which stores nothing of what is said. */
export function completionTarget(server: Running, { apiKey }: Prepared): Target {
  return { name: "Holdfast /v1", url: `${server.url}/v1/chat/completions`, apiKey, form: "chat completion" };
}

/** Limits are far away: what is measured is the work, not the refusal. */
function holdfastEnv(data: string, modelUrl: string): Record<string, string> {
  return {
    HOME: data,
    HOLDFAST_DATA: data,
    HOLDFAST_PORT: "0",
    HOLDFAST_MODEL_PROVIDER: "openai-compatible",
    HOLDFAST_MODEL_NAME: "fake-model",
    HOLDFAST_MODEL_BASE_URL: modelUrl,
    HOLDFAST_MODEL_API_KEY: modelKey,
    HOLDFAST_REQUESTS_PER_MINUTE: "100000",
    HOLDFAST_TOKENS_PER_DAY: "1000000000",
  };
}
