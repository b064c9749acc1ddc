/** A real file system of a few megabytes, in a mount namespace of its own: nothing of it is left when the test ends. */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why there can be none here, or undefined when there can. */
export function noSmallDisk(): string | undefined {
  const { status, stderr } = spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "-o", "size=1m", "none", "/mnt"], { encoding: "utf8" });
  return status === 0 ? undefined : `a small file system cannot be mounted here (${stderr?.trim() || "unshare is missing"})`;
}

export interface SmallDisk {
  /** As the processes in the namespace see it. */
  readonly path: string;
  /** What a program is started with, to be in the namespace. */
  readonly through: readonly string[];
  /** Takes all the room that is left. */
  fill(): void;
  /** Gives it back. */
  makeRoom(): void;
  remove(): void;
}

/** @param size as tmpfs takes it, such as "2m" */
export async function mountSmallDisk(size: string): Promise<SmallDisk> {
  const path = mkdtempSync(join(tmpdir(), "holdfast-disk-"));
  // Holds the namespace until its standard input is closed, at the latest when this process ends.
  const holder = spawn("unshare", ["--mount", "sh", "-c", 'mount -t tmpfs -o "size=$1,mode=0700" none "$2" && echo mounted && exec cat', "sh", size, path], { stdio: ["pipe", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once("data", () => resolve());
    holder.once("exit", (code) => reject(new Error(`no small disk: it ended with ${code}`)));
  });
  const filler = join(`/proc/${holder.pid}/root`, path, "filler");
  return {
    path,
    through: ["nsenter", "--mount", "--target", String(holder.pid), "--"],
    fill() {
      const file = openSync(filler, "a");
      for (let chunk = 65_536; chunk >= 1; ) {
        try {
          writeSync(file, Buffer.alloc(chunk));
        } catch (error) {
          if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
          chunk = Math.floor(chunk / 2);
        }
      }
      closeSync(file);
    },
    makeRoom: () => rmSync(filler),
    remove() {
      holder.stdin.end();
      rmSync(path, { recursive: true });
    },
  };
}
