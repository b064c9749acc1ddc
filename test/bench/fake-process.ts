/** The fake provider in a process of its own, so that its work does not count as anyone else's. */
import { createServer } from "node:http";
import { startFakeModel } from "../fakes/model.ts";

const apiKey = process.env["MODEL_API_KEY"];
const fake = await startFakeModel(apiKey === undefined ? {} : { apiKey });
// The bench reads answers, not records; thousands of them would only take memory.
setInterval(() => { fake.requests.length = 0; }, 1000).unref();

// start() asks every program for /healthz at the address that it prints.
const health = createServer((_, response) => response.end(JSON.stringify({ model: fake.url })));
health.listen(0, "127.0.0.1", () => {
  const address = health.address();
  if (address !== null && typeof address !== "string") console.log(`fake model listening on http://127.0.0.1:${address.port}`);
});

process.on("SIGTERM", () => {
  void fake.close().then(() => process.exit(0));
});
