/** A listener on the loopback address, at the wanted port or the next free one. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { SetupError } from "../../problems.ts";

/** Only programs on this machine reach it. Another way in is another target's business. */
const HOST = "127.0.0.1";
const PORTS_TRIED = 20;

/** @param port 0 for any free one @throws {SetupError} when no port is free */
export async function listen(fetch: (request: Request) => Response | Promise<Response>, port: number): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false, serverOptions: { headersTimeout: 10_000, requestTimeout: 30_000 } }) as Server;
  for (let candidate = port; candidate < port + PORTS_TRIED && candidate <= 65_535; candidate += 1) {
    if (await tryListen(server, candidate)) return { server, port: (server.address() as AddressInfo).port };
  }
  throw new SetupError(`no port from ${port} to ${port + PORTS_TRIED - 1} is free: set HOLDFAST_PORT to another one, or to 0 for any`);
}

function tryListen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      server.removeAllListeners("listening");
      if (error.code === "EADDRINUSE") resolve(false);
      else if (error.code === "EACCES") reject(new SetupError(`port ${port} needs more rights than this user has: set HOLDFAST_PORT to 1024 or more`));
      else reject(error);
    });
    server.listen(port, HOST, () => {
      server.removeAllListeners("error");
      resolve(true);
    });
  });
}
