import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** Two projects: on Node, and in the real workerd. A file chooses by its name. */
export default defineConfig({
  test: {
    projects: [
      {
        test: { name: "node", include: ["test/**/*.test.{ts,tsx}"], exclude: ["test/**/*.workerd.test.ts"], testTimeout: 30_000, hookTimeout: 60_000 },
      },
      {
        plugins: [cloudflareTest({ main: "./test/support/worker.ts", miniflare: { compatibilityDate: "2026-10-01", d1Databases: ["DB"] } })],
        test: { name: "workerd", include: ["test/**/*.workerd.test.ts"], testTimeout: 30_000 },
      },
    ],
  },
});
