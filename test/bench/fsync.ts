import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

const page = Buffer.alloc(4096, 0x5a);

/**
 * How long one durable write takes here, in ms, `count` times: 4 KB are appended and fdatasync'ed, as a database's log does.
 * The file is in `folder`, so on its filesystem, and is removed again.
 */
export function fsyncTimes(folder: string, count: number): number[] {
  const path = join(folder, "fsync-probe");
  const file = openSync(path, "w", 0o600);
  try {
    return Array.from({ length: count }, () => {
      const began = performance.now();
      writeSync(file, page);
      fdatasyncSync(file);
      return performance.now() - began;
    });
  } finally {
    closeSync(file);
    rmSync(path);
  }
}
