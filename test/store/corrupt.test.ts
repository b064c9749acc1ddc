import { cpSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDataDirectory } from "../../runtime/adapters/node/data-directory.ts";
import { openData } from "../../runtime/adapters/node/open-data.ts";
import { StoreError } from "../../runtime/store/errors.ts";
import { openNodeStore } from "../../runtime/store/node-sqlite.ts";
import { readSettings } from "../../runtime/settings.ts";
import { temporaryData } from "../support/server-process.ts";

/** A data directory with one owner, closed. */
async function someData() {
  const folder = temporaryData();
  onTestFinished(folder.remove);
  const directory = openDataDirectory(folder.path, {});
  const open = () => openData(directory, readSettings({}));
  (await open()).close();
  return { directory, open };
}

function overwrite(path: string, from: number, length: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, from, from + length);
  writeFileSync(path, bytes);
}

describe("a damaged store", () => {
  it("is refused when it is no database at all, and left as it is", async () => {
    const { directory, open } = await someData();
    writeFileSync(directory.store, "this is not a database, but somebody's shopping list\n".repeat(100));
    const before = readFileSync(directory.store);
    expect(() => openNodeStore(directory.store)).toThrow(StoreError);
    await expect(open()).rejects.toThrow(`the store ${directory.store} is damaged (the store is corrupt: file is not a database): keep it as it is, and put back a backup beside its key ring`);
    expect(readFileSync(directory.store).equals(before)).toBe(true);
  });

  it("is refused when its first page was overwritten", async () => {
    const { directory, open } = await someData();
    overwrite(directory.store, 0, 100);
    await expect(open()).rejects.toThrow("is damaged (the store is corrupt: file is not a database)");
  });

  it("is refused when it was cut short", async () => {
    const { directory, open } = await someData();
    truncateSync(directory.store, 2 * 4096);
    await expect(open()).rejects.toThrow("is damaged (the store is corrupt: database disk image is malformed)");
  });

  it("gives an error of its own kind when any other page was overwritten, or did not need that page", async () => {
    const { directory } = await someData();
    const outcomes: string[] = [];
    for (let page = 1; page < readFileSync(directory.store).length / 4096; page += 1) {
      const copy = temporaryData();
      cpSync(directory.path, copy.path, { recursive: true });
      const damaged = openDataDirectory(copy.path, {});
      overwrite(damaged.store, page * 4096, 4096);
      outcomes.push(await useEverything(() => openData(damaged, readSettings({}))));
      copy.remove();
    }
    expect(new Set(outcomes)).toEqual(new Set(["refused", "not needed"]));
    expect(outcomes.filter((outcome) => outcome === "refused").length).toBeGreaterThan(2);
  });
});

/** Opens the data, names its people, writes, and verifies the audit log. */
async function useEverything(open: () => ReturnType<typeof openData>): Promise<string> {
  try {
    const { services, close } = await open();
    try {
      const [owner] = await services.people.list();
      await services.links.create(owner?.id ?? "", { who: "", surface: "system" });
      const verdict = await services.foundation.ledger.verify();
      return verdict.intact && verdict.head.seq === 3 && owner?.role === "owner" ? "not needed" : "wrong";
    } finally {
      close();
    }
  } catch (error) {
    return /is damaged/.test(String(error)) || (error instanceof StoreError && error.reason === "corrupt") ? "refused" : String(error);
  }
}
