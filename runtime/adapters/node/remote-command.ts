/** An admin command, run by a server elsewhere. */
import { z } from "zod";
import { routeOf } from "../../admin/admin-routes.ts";
import { visible } from "../../admin/command.ts";
import { SetupError } from "../../problems.ts";

const problem = z.object({ title: z.string(), detail: z.string(), fix: z.string().optional() });

/**
 * @param url of the server, such as https://chat.example.org
 * @throws {SetupError} when it cannot be reached or refuses, in its own words
 */
export async function runThere(name: string, url: URL, input: unknown, key: string): Promise<unknown> {
  // The error for a header that is none would repeat it.
  if (!/^[\x21-\x7e]+$/.test(key)) throw new SetupError("the API key must be printable ASCII without spaces: check HOLDFAST_ADMIN_KEY, or what was typed or piped in");
  const response = await fetch(new URL(routeOf(name), url), {
    method: "POST",
    redirect: "manual",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(input),
  }).catch((error: unknown) => {
    throw new SetupError(`no connection to ${url.origin} (${error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)}): check the address, and that the server runs`);
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && body === undefined) throw new SetupError(`${url.origin} answered ${response.status} without a result: check that it is a Holdfast server`);
  if (response.ok) return body;
  const { title, detail, fix } = problem.catch({ title: "the server refused", detail: `${url.origin} answered ${response.status}` }).parse(body);
  throw new SetupError(visible(`${title}: ${detail}${fix === undefined ? "" : `; ${fix}`}`));
}

/** @throws {SetupError} when a key sent there could be read on the way */
export function parseServerUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) throw new SetupError(`--url must be an address such as https://chat.example.org, got "${text}"`);
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol !== "https:" && !isLoopback) throw new SetupError(`--url must begin with https:// for a server elsewhere, got "${text}": your key would travel in the clear`);
  return url;
}
