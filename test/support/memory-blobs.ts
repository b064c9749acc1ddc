import type { Blobs } from "../../runtime/ports.ts";

/** Blobs in memory; `files` is open to tests that play a thief or a hostile store. */
export function memoryBlobs(): Blobs & { readonly files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    async get(key) {
      return files.get(key);
    },
    async put(key, bytes) {
      files.set(key, Uint8Array.from(bytes));
    },
    async delete(key) {
      files.delete(key);
    },
    async list(prefix) {
      return [...files.keys()].filter((key) => key.startsWith(prefix));
    },
  };
}
