/** The arrows between parts (CONTRIBUTING.md, "Who may import whom"), checked on every source file. */
import { readFileSync, readdirSync } from "node:fs";
import { join, relative, resolve, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Import {
  readonly file: string;
  /** A path from the root of the repository, or the name of a package. */
  readonly target: string;
}

const imports: readonly Import[] = readdirSync(join(root, "runtime"), { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name))
  .flatMap((name) => importsOf(join("runtime", name)));

function importsOf(file: string): Import[] {
  const source = readFileSync(join(root, file), "utf8");
  return [...source.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\()"([^"]+)"/g)].map(([, specifier = ""]) => ({
    file,
    target: specifier.startsWith(".") ? relative(root, resolve(root, dirname(file), specifier)) : specifier,
  }));
}

function offenders(matches: (one: Import) => boolean): string[] {
  return imports.filter(matches).map(({ file, target }) => `${file} imports ${target}`);
}

describe("the arrows between parts", () => {
  it("are read from real files", () => {
    expect(imports).toContainEqual({ file: "runtime/app.ts", target: "runtime/chat/message-path.ts" });
  });

  it("lead from the runtime to nothing else in the repository, except for its version", () => {
    const isPackage = /^(node:|@|[\w-]+$|(hono|zod|preact)\/)/;
    expect(offenders(({ target }) => !isPackage.test(target) && !target.startsWith("runtime/"))).toEqual(["runtime/adapters/node/version.ts imports package.json"]);
  });

  it("reach Node's own modules from the Node adapter, its store and its blobs alone", () => {
    const mayUseNode = /^runtime\/(adapters\/node\/|store\/node-sqlite\.ts$|store\/disk-blobs\.ts$)/;
    expect(offenders(({ file, target }) => target.startsWith("node:") && !mayUseNode.test(file))).toEqual([]);
  });

  it("keep the page and the server apart", () => {
    const isPage = (path: string) => path.startsWith("runtime/web/");
    expect(offenders(({ file, target }) => target.startsWith("runtime/") && isPage(file) !== isPage(target))).toEqual([]);
  });

  it("never lead from shared code to an adapter", () => {
    expect(offenders(({ file, target }) => target.startsWith("runtime/adapters/") && !file.startsWith("runtime/adapters/"))).toEqual([]);
  });

  it("never lead from the runtime to the deployment kit", () => {
    expect(offenders(({ target }) => target.startsWith("@pulumi/"))).toEqual([]);
  });

  it("load a model's provider only through load-model.ts", () => {
    const isProvider = /^@ai-sdk\/(?!provider$)/;
    expect([...new Set(imports.filter(({ target }) => isProvider.test(target)).map(({ file }) => file))]).toEqual(["runtime/models/openai-compatible.ts"]);
    expect(offenders(({ file, target }) => target === "runtime/models/openai-compatible.ts" && file !== "runtime/models/load-model.ts")).toEqual([]);
  });
});
