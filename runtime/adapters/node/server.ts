/** The server on Node: one process, one data directory, one loopback address. */
import type { Context } from "hono";
import { getConnInfo } from "@hono/node-server/conninfo";
import { createApp } from "../../app.ts";
import { findRollback, keepHead } from "../../audit/outside-head.ts";
import { recoverTurns } from "../../chat/recover.ts";
import { createLog } from "../../log.ts";
import type { Settings } from "../../settings.ts";
import type { DataDirectory } from "./data-directory.ts";
import { lockInstance } from "./instance-lock.ts";
import type { InstanceLock } from "./instance-lock.ts";
import { listen } from "./listen.ts";
import { asSetupError, openData } from "./open-data.ts";
import type { OpenData } from "./open-data.ts";
import { readPage } from "./page-files.ts";

export interface RunningHoldfast {
  readonly url: string;
  /** Which model answers, and where. */
  readonly model: string;
  /** Makes a sign-in link for the first owner. */
  link(): Promise<string>;
  /** Takes no more messages, waits for the turns in flight, and closes everything. */
  stop(): Promise<void>;
}

export interface ServerArgs {
  readonly settings: Settings;
  readonly directory: DataDirectory;
  /** Folder of the built page. */
  readonly page: string;
  readonly version: string;
}

const DRAIN_MILLISECONDS = 30_000;
const HEAD_EVERY_MILLISECONDS = 60_000;
const clock = { now: Date.now };

/** @throws {SetupError} when it cannot start, with what to do about it */
export async function startServer(args: ServerArgs): Promise<RunningHoldfast> {
  const lock = lockInstance(args.directory);
  let data: OpenData | undefined;
  try {
    data = await openData(args.directory, args.settings);
    return await serve(args, data, lock);
  } catch (error) {
    data?.close();
    lock.release();
    throw asSetupError(error, args.directory);
  }
}

async function serve({ settings, directory, page, version }: ServerArgs, { services, close }: OpenData, lock: InstanceLock): Promise<RunningHoldfast> {
  const log = createLog((line) => process.stderr.write(`${line}\n`), Date.now);
  const { ring, heads } = services;
  const { ledger } = services.foundation;

  const rollback = await findRollback(ledger, heads, ring);
  if (rollback) {
    log.warn(`${rollback}. If you know why, such as a new place for heads or a copy that you put back yourself, move ${heads.name} aside`);
    await ledger.commit([], { who: "", surface: "system", action: "store.rollback-noticed", outcome: "refused" });
  }
  const keep = () => keepHead(ledger, heads, clock).catch((error: unknown) => log.warn("the audit log's head could not be kept", error));
  await keep();
  const interrupted = await recoverTurns(services.foundation);
  if (interrupted > 0) log.info(`${interrupted} turn${interrupted === 1 ? " was" : "s were"} cut off when the server last stopped; they can be asked again`);

  let port = settings.port;
  const app = createApp({
    services,
    assets: readPage(page),
    log,
    origins: () => [`http://127.0.0.1:${port}`, `http://localhost:${port}`],
    source: (c: Context) => getConnInfo(c).remote.address ?? "unknown",
    cookie: `holdfast-${[...ring.verifying.keys()][0]}`,
    place: { place: "this machine", path: directory.path },
    version,
  });
  const { info } = await services.chosenModel.current();
  const listener = await listen(app.fetch, settings.port);
  port = listener.port;
  const url = `http://127.0.0.1:${port}`;
  try {
    lock.announce(url);
  } catch (error) {
    listener.server.close();
    throw error;
  }
  const keeping = setInterval(() => void keep(), HEAD_EVERY_MILLISECONDS);
  keeping.unref();

  return {
    url,
    model: `${info.name} at ${info.host}${info.region === undefined ? "" : ` (${info.region})`}`,
    async link() {
      const { token } = await services.links.create((await services.people.firstOwner()).id, { who: "", surface: "system" });
      return `${url}/#link=${token}`;
    },
    async stop() {
      clearInterval(keeping);
      const closed = new Promise((resolve) => listener.server.close(resolve));
      await app.path.drain(DRAIN_MILLISECONDS);
      // Readers get the end of their answer before their connections are closed.
      setTimeout(() => listener.server.closeAllConnections(), 500).unref();
      await closed;
      await keep();
      close();
      lock.release();
    },
  };
}
