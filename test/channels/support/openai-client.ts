/** The `openai` client against the app, over a real listener. */
import { createAdaptorServer } from "@hono/node-server";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import OpenAI from "openai";
import { onTestFinished } from "vitest";
import type { Person } from "../../../runtime/ports.ts";
import { ORIGIN } from "../../support/test-app.ts";
import type { TestApp } from "../../support/test-app.ts";

export interface Program {
  readonly client: OpenAI;
  /** Address of the listener. */
  readonly url: string;
  readonly headers: Record<string, string>;
  /** How many requests were given up before their reply was whole, as the listener saw it. */
  left(): number;
}

/** @param apiKey another one than the person's own, for a program that must be refused */
export async function programOf(app: TestApp, person: Person, apiKey?: string): Promise<Program> {
  const server = await listenFor(app);
  let left = 0;
  server.on("request", (_request, response: ServerResponse) => response.on("close", () => (left += response.writableFinished ? 0 : 1)));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { authorization = "" } = await app.key(person);
  return {
    url,
    headers: { authorization, "content-type": "application/json" },
    left: () => left,
    client: new OpenAI({ baseURL: `${url}/v1`, apiKey: apiKey ?? authorization.slice("Bearer ".length), maxRetries: 0 }),
  };
}

/** The app on a real listener, for the length of the test. */
export async function listenFor({ app }: TestApp): Promise<Server> {
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  // The app answers to the name that it was bound to, and this port is known late.
  server.prependListener("request", ({ rawHeaders }: IncomingMessage) => {
    rawHeaders[rawHeaders.findIndex((name) => name.toLowerCase() === "host") + 1] = new URL(ORIGIN).host;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

/** The error that a call ends with. */
export async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then((value) => `no error but ${JSON.stringify(value)}`, (error: unknown) => error);
}
