/** Builds what `npm start` and `npm run admin` run: the page, and the runtime as a few files without node_modules. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Plugin } from "esbuild";
import { buildPage } from "./build-page.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** zod's messages in fifty languages; the product speaks English, and a third of the bundle would be theirs. */
const englishOnly: Plugin = {
  name: "english-only",
  setup({ onLoad }) {
    onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).split("\n").filter((line) => line.includes('"./en.js"')).join("\n"),
      loader: "js",
    }));
  },
};

async function buildRuntime(outdir: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: { server: "runtime/adapters/node/start-server.ts", admin: "runtime/adapters/node/start-admin.ts" },
    outdir,
    bundle: true,
    // Chunks of their own for what is loaded only when it is chosen, such as a model's provider.
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    format: "esm",
    platform: "node",
    target: "node24",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    plugins: [englishOnly],
    logLevel: "warning",
  });
}

await Promise.all([buildPage(join(root, "dist", "web")), buildRuntime(join(root, "dist"))]);
