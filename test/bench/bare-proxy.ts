/**
 * The yardstick: the least that a streaming chat server on node:http can do. It reads a chat completion request,
 * forwards it with the provider's key and streams the answer back. No sign-in, no store, no checks.
 */
import { Agent, createServer, request as send } from "node:http";

const agent = new Agent({ keepAlive: true });
const upstream = `${process.env["MODEL_BASE_URL"]}/chat/completions`;
const authorization = `Bearer ${process.env["MODEL_API_KEY"]}`;

const server = createServer((request, response) => {
  if (request.url === "/healthz") {
    response.writeHead(200, { "content-type": "application/json" }).end('{"status":"ok"}');
    return;
  }
  const chunks: Uint8Array[] = [];
  request.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  request.on("end", () => {
    const body = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()));
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body), authorization };
    const forwarded = send(upstream, { method: "POST", agent, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, { "content-type": answer.headers["content-type"] ?? "text/event-stream" });
      answer.pipe(response);
    });
    forwarded.on("error", () => response.destroy());
    forwarded.end(body);
  });
});

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address !== "string") console.log(`bare proxy listening on http://127.0.0.1:${address.port}`);
});

process.on("SIGTERM", () => {
  server.closeAllConnections();
  server.close(() => process.exit(0));
});
