import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";

/** One file of the page. `name` is the file in the output folder, and its brotli form is `<name>.br` beside it. */
export interface PageFile {
  /** Where the server answers with it, such as "/" or "/app.1a2b3c4d5e.js". */
  readonly path: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
  readonly brotliBytes: number;
  /** The name changes with the content, so that it may be cached for good; the others must be asked for each time. */
  readonly immutable: boolean;
}

/** What `manifest.json` in the output folder holds. */
export interface PageManifest {
  readonly files: readonly PageFile[];
}

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Builds the page from runtime/web into `outDir`, creating it where needed: index.html, app.<hash>.js, app.<hash>.css,
 * icon.svg, licences.txt, a `.br` beside each, and manifest.json. The same source gives the same bytes. Files of
 * earlier builds are removed.
 * @throws when esbuild refuses the source
 */
export async function buildPage(outDir: string): Promise<PageManifest> {
  const js = await bundle("runtime/web/main.tsx");
  const css = await bundle("runtime/web/style.css");
  const jsName = `app.${hash(js)}.js`;
  const cssName = `app.${hash(css)}.css`;
  const html = (await source("runtime/web/index.html")).replace("/app.js", `/${jsName}`).replace("/app.css", `/${cssName}`);

  await mkdir(outDir, { recursive: true });
  const files = [
    await put(outDir, "/", "index.html", "text/html; charset=utf-8", html, false),
    await put(outDir, `/${jsName}`, jsName, "text/javascript; charset=utf-8", js, true),
    await put(outDir, `/${cssName}`, cssName, "text/css; charset=utf-8", css, true),
    await put(outDir, "/icon.svg", "icon.svg", "image/svg+xml", await source("runtime/web/icon.svg"), false),
    await put(outDir, "/licences.txt", "licences.txt", "text/plain; charset=utf-8", await licences(), false),
  ];
  const manifest = { files };
  await writeFile(join(outDir, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await removeOthers(outDir, files);
  return manifest;
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: ["es2024", "chrome126", "firefox128", "safari18"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

/** The licences of what is inside the bundle ask that their text goes with it. */
async function licences(): Promise<string> {
  const texts = ["preact/LICENSE", "marked/LICENSE"].map(async (file) => `${file.split("/")[0]}\n\n${await source(`node_modules/${file}`)}`);
  return (await Promise.all(texts)).join("\n\n\n");
}

function source(file: string): Promise<string> {
  return readFile(join(root, file), "utf8");
}

async function put(outDir: string, path: string, name: string, type: string, text: string, immutable: boolean): Promise<PageFile> {
  const bytes = Buffer.from(text);
  const small = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  await writeFile(join(outDir, name), bytes);
  await writeFile(join(outDir, `${name}.br`), small);
  return { path, name, type, bytes: bytes.length, brotliBytes: small.length, immutable };
}

async function removeOthers(outDir: string, files: readonly PageFile[]): Promise<void> {
  const current = new Set(files.flatMap(({ name }) => [name, `${name}.br`]));
  const old = (await readdir(outDir)).filter((name) => /^app\.[0-9a-f]+\.(js|css)(\.br)?$/.test(name) && !current.has(name));
  await Promise.all(old.map((name) => rm(join(outDir, name))));
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { files } = await buildPage(argv[2] ?? join(root, "dist/web"));
  for (const { name, bytes, brotliBytes } of files) console.log(`${name.padEnd(24)} ${String(bytes).padStart(7)} bytes ${String(brotliBytes).padStart(6)} brotli`);
}
