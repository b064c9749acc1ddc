/** Requests that no fetch would send, byte for byte on a socket, to the listener that the server uses. */
import { once } from "node:events";
import type { Server } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listen } from "../../runtime/adapters/node/listen.ts";
import { createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";
import { createPageApp } from "./support/page-app.ts";
import { auditLength, storeSnapshot } from "./support/store-snapshot.ts";

let t: TestApp;
let server: Server;
let port: number;
let key: string;
beforeAll(async () => {
  t = await createTestApp();
  const origins: string[] = [];
  ({ server, port } = await listen((request) => createPageApp(t, origins).fetch(request), 0));
  origins.push(`http://127.0.0.1:${port}`);
  key = (await t.key(await t.addPerson("Ada")))["authorization"] ?? "";
  // From here on the key has been used; that is written down once a minute.
  await ask(`GET /api/me HTTP/1.1\r\nHost: ${own()}\r\nAuthorization: ${key}\r\nConnection: close\r\n\r\n`);
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, "close").catch(() => undefined);
});

/** Status codes of everything that comes back, and the whole of it. */
async function ask(request: string): Promise<{ readonly statuses: number[]; readonly reply: string }> {
  const socket = connect(port, "127.0.0.1");
  // Not ended: the server gives up on whoever hangs up first.
  socket.write(request, "latin1");
  const reply = await text(socket);
  return { statuses: [...reply.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status)), reply };
}

const own = () => `127.0.0.1:${port}`;

describe("a request on the wire", () => {
  it.each<[string, () => string, number]>([
    ["without a Host", () => "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", 400],
    ["with an empty Host", () => "GET /healthz HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", 400],
    ["with the server's Host second", () => `GET /healthz HTTP/1.1\r\nHost: attacker.example\r\nHost: ${own()}\r\nConnection: close\r\n\r\n`, 421],
    ["with a path that is another host's address", () => `GET http://attacker.example/healthz HTTP/1.1\r\nHost: attacker.example\r\nConnection: close\r\n\r\n`, 421],
    ["with user and password before the host", () => `GET /healthz HTTP/1.1\r\nHost: ${own()}@attacker.example\r\nConnection: close\r\n\r\n`, 400],
    ["with a header that is folded", () => `GET /api/me HTTP/1.1\r\nHost: ${own()}\r\nAuthorization: Bearer\r\n holdfast_x\r\nConnection: close\r\n\r\n`, 400],
    ["with a null byte in a header", () => `GET /healthz HTTP/1.1\r\nHost: ${own()}\r\nX-Test: a\0b\r\nConnection: close\r\n\r\n`, 400],
    ["with headers of 20 KB", () => `GET /healthz HTTP/1.1\r\nHost: ${own()}\r\nX-Test: ${"x".repeat(20_000)}\r\nConnection: close\r\n\r\n`, 431],
    ["with dots that lead out of the folder", () => `GET /../../etc/passwd HTTP/1.1\r\nHost: ${own()}\r\nConnection: close\r\n\r\n`, 404],
    ["that is no HTTP", () => "\x16\x03\x01 hello\r\n\r\n", 400],
  ])("is refused, and nothing is stored: %s", async (_name, request, status) => {
    const before = [await storeSnapshot(t), await auditLength(t)];
    const { statuses, reply } = await ask(request());
    expect(statuses).toEqual([status]);
    expect(reply).not.toContain('"status":"ok"');
    expect([await storeSnapshot(t), await auditLength(t)]).toEqual(before);
  });

  it("with a length and chunks at once carries no second request inside it", async () => {
    const inner = `POST /api/admin/people/list HTTP/1.1\r\nHost: ${own()}\r\n\r\n`;
    const outer = `POST /api/messages HTTP/1.1\r\nHost: ${own()}\r\nAuthorization: ${key}\r\nContent-Type: application/json\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`;
    const before = [await storeSnapshot(t), await auditLength(t)];
    expect((await ask(outer)).statuses).toEqual([400]);
    expect([await storeSnapshot(t), await auditLength(t)]).toEqual(before);
  });

  it("is answered when it is as it should be", async () => {
    const { statuses, reply } = await ask(`GET /healthz HTTP/1.1\r\nHost: ${own()}\r\nConnection: close\r\n\r\n`);
    expect(statuses).toEqual([200]);
    expect(reply).toContain('"status":"ok"');
  });
});
