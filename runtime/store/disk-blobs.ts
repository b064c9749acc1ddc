/** Blobs as files of one folder, readable by their owner alone. */
import { readFileSync } from "node:fs";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Blobs } from "../ports.ts";

export function openDiskBlobs(folder: string): Blobs {
  function pathOf(key: string): string {
    if (!/^[\w-]+(\/[\w-]+)*\/?$/.test(key)) throw new Error(`a blob's key is made of letters, digits, "-" and "_", separated by "/": got "${key}"`);
    return join(folder, key);
  }

  return {
    async get(key) {
      try {
        // A wrapped data key is read with every message; handing so small a file to another thread takes longer than reading it.
        return readFileSync(pathOf(key));
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    async put(key, bytes) {
      const path = pathOf(key);
      const temporary = `${path}.${crypto.randomUUID()}.tmp`;
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      try {
        await writeDurably(temporary, bytes);
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      await syncFolder(dirname(path));
    },
    async delete(key) {
      const path = pathOf(key);
      await rm(path, { force: true });
      await syncFolder(dirname(path)).catch(ignoreNotFound);
    },
    async list(prefix) {
      const names = await readdir(pathOf(prefix)).catch(ignoreNotFound);
      return (names ?? []).filter((name) => !name.endsWith(".tmp")).map((name) => prefix + name);
    },
  };
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename or removal is durable only when its folder is on the disk too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function ignoreNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}
