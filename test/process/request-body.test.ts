/** Requests as they are on the wire, with and without a length: the server's own Request is not the one of the tests in process. */
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runAdmin, startServerProcess, temporaryData } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";

const data = temporaryData();
let server: ServerProcess;
let key: string;
beforeAll(async () => {
  server = await startServerProcess(data.path);
  key = (await runAdmin(data.path, ["key", "create", "test"])).trim().split("\n").at(-1) ?? "";
});
afterAll(async () => {
  await server.stop("SIGKILL");
  data.remove();
});

/** Sends the pieces as chunks, without a content-length. */
async function send(method: string, path: string, pieces: Iterable<string>, headers: Record<string, string> = { authorization: `Bearer ${key}` }): Promise<{ readonly status: number | undefined; readonly body: string }> {
  const asked = request(`${server.url}${path}`, { method, headers: { "content-type": "application/json", "transfer-encoding": "chunked", ...headers } });
  const answered = new Promise<{ readonly status: number | undefined; readonly body: string }>((resolve, reject) => {
    asked.once("error", reject).once("response", (response) => {
      void response.setEncoding("utf8").toArray().then((parts) => resolve({ status: response.statusCode, body: parts.join("") }));
    });
  });
  let count = 0;
  for (const piece of pieces) {
    asked.write(piece);
    // Now and then the other side gets to look at what has come.
    if ((count += 1) % 1000 === 0) await sleep(0);
  }
  asked.end();
  return answered;
}

it("a body in chunks is a body", async () => {
  const { status, body } = await send("POST", "/api/messages", ['{"update":"one",', '"text":"Hello"}']);
  expect(status).toBe(200);
  expect(body).toContain("event: end");
});

it("a body in chunks of one byte is a body", async () => {
  const { status } = await send("POST", "/api/messages", JSON.stringify({ update: "two", text: "x".repeat(50_000) }));
  expect(status).toBe(200);
});

it("a body in chunks that grows too large is refused, and nothing of it is taken", async () => {
  const { status, body } = await send("POST", "/api/messages", Array.from({ length: 40 }, () => "x".repeat(65_536)));
  expect([status, JSON.parse(body)]).toEqual([413, { type: "urn:holdfast:problem:too_large", title: "the request is too large", status: 413, reason: "too_large", detail: "a request has at most 2097152 bytes", fix: "send less at once" }]);
});

it("a body that says it is too large is refused before it is read, also from a stranger", async () => {
  const response = await fetch(`${server.url}/api/session`, { method: "POST", headers: { "content-type": "application/json" }, body: "x".repeat(2_097_153) });
  expect(response.status).toBe(413);
});

it("a DELETE without a body is understood: 401 from a stranger, 404 for a session that is not there", async () => {
  const token = /#link=(\S+)/.exec(await runAdmin(data.path, ["link"]))?.[1];
  const signedIn = await fetch(`${server.url}/api/session`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ link: token }) });
  const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  const status = async (path: string, headers: Record<string, string>) => (await fetch(`${server.url}${path}`, { method: "DELETE", headers: { origin: server.url, ...headers } })).status;
  expect([await status("/api/session", {}), await status("/api/sessions/none", { cookie }), await status("/api/session", { cookie }), await status("/api/session", { cookie })]).toEqual([401, 404, 204, 401]);
});
