import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPage, type PageManifest } from "../../scripts/build-page.ts";

let dir: string;
let manifest: PageManifest;
const text = (name: string) => readFile(join(dir, name), "utf8");

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "page-"));
  manifest = await buildPage(dir);
});
afterAll(() => rm(dir, { recursive: true }));

describe("the built page", () => {
  it("is at most 60 KB compressed, all files together", () => {
    expect(manifest.files.reduce((sum, { brotliBytes }) => sum + brotliBytes, 0)).toBeLessThanOrEqual(60_000);
  });

  it("has a brotli form of each file that holds the same bytes", async () => {
    for (const { name, bytes, brotliBytes } of manifest.files) {
      const small = await readFile(join(dir, `${name}.br`));
      expect(small.length).toBe(brotliBytes);
      expect(brotliDecompressSync(small)).toEqual(await readFile(join(dir, name)));
      expect((await readFile(join(dir, name))).length).toBe(bytes);
    }
  });

  it("refers to its own files, and holds no inline script or style", async () => {
    const html = await text("index.html");
    const paths = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path);
    expect(new Set(paths)).toEqual(new Set(manifest.files.map(({ path }) => path).filter((path) => !["/", "/licences.txt"].includes(path))));
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=/i);
  });

  it("names no other host in what it loads", async () => {
    for (const { name } of manifest.files.filter(({ name: file }) => file.endsWith(".css") || file.endsWith(".html"))) {
      expect(await text(name)).not.toMatch(/https?:|\/\/[a-z]|@import|url\(/i);
    }
  });

  it("writes no markup and no style attribute anywhere in its source", async () => {
    const source = new URL("../../runtime/web/", import.meta.url);
    for (const name of (await readdir(source)).filter((file) => /\.tsx?$/.test(file))) {
      expect(await readFile(new URL(name, source), "utf8"), name).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\bstyle=|\beval\(|new Function/i);
    }
  });

  it("is the same each time it is built", async () => {
    expect(await buildPage(dir)).toEqual(manifest);
  });

  it("carries the licences of what is built in", async () => {
    expect(await text("licences.txt")).toMatch(/^preact[^]*MIT[^]*^marked/m);
  });
});
