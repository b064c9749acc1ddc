/** What is in the repository holds for everybody who clones it: no address of one machine's registry, and no key. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

function trackedFiles(): string[] | undefined {
  try {
    return execFileSync("git", ["-C", root, "ls-files", "-z"], { encoding: "utf8" }).split("\0").filter((name) => name !== "");
  } catch {
    return undefined;
  }
}

const tracked = trackedFiles();
if (tracked === undefined) console.warn("skipped: this is no git repository, so which files are tracked is not known");

/** Hosts that packages are downloaded from, and settings that name one. Written so that this file does not match itself. */
const registries = [/registry\.(?:npmjs|yarnpkg|npmmirror)\.\w+/, /(?:^|[/:_-])registry\s*=\s*\S/m, /(?:artifactory|verdaccio|nexus)[\w.-]*(?::\d+)?\//i, /"resolved": *"/];

describe("the lock file", () => {
  const lock = JSON.parse(readFileSync(`${root}package-lock.json`, "utf8")) as { packages: Record<string, { resolved?: string; integrity?: string; optionalDependencies?: Record<string, string> }> };

  it("records what each package is, and not where it was downloaded from", () => {
    const packages = Object.entries(lock.packages).filter(([path]) => path !== "");
    expect(packages.length).toBeGreaterThan(20);
    expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(packages.filter(([, { integrity }]) => !integrity?.startsWith("sha512-")).map(([path]) => path)).toEqual([]);
  });

  it("holds every optional package that it names: npm ci stops at one that it does not hold", () => {
    const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !(`node_modules/${name}` in lock.packages) && !(`${path}/node_modules/${name}` in lock.packages)),
    );
    expect(missing).toEqual([]);
  });
});

describe.skipIf(tracked === undefined)("no tracked file", () => {
  it("names a host that packages are downloaded from", () => {
    const found = (tracked ?? []).flatMap((name) => {
      const text = readFileSync(root + name, "utf8");
      return registries.filter((pattern) => pattern.test(text)).map((pattern) => `${name}: ${pattern}`);
    });
    expect(found.filter((line) => !line.startsWith("test/process/tracked-files.test.ts"))).toEqual([]);
  });

  it("is a settings file, a key ring or a store", () => {
    expect((tracked ?? []).filter((name) => /(^|\/)\.env($|\.)|keyring|\.sqlite|\.pem$|\.key$/.test(name))).toEqual([]);
  });
});
