/** Signed heads of the audit log, appended to a file outside the store. Put it on another disk to make more of it. */
import { appendFile, open } from "node:fs/promises";
import { z } from "zod";
import type { HeadKeeper } from "../../audit/outside-head.ts";

const line = z.object({ seq: z.int(), hash: z.string(), keyId: z.string(), signature: z.string() });

/** The file grows by a line a minute at most; only its end is read. */
const TAIL_BYTES = 64 * 1024;

export function openHeadFile(path: string): HeadKeeper {
  return {
    name: path,
    probe: () => appendFile(path, "", { mode: 0o600 }),
    recent: async () => (await readTail(path)).split("\n").flatMap(parseLine),
    append: (head) => appendFile(path, `${JSON.stringify(head)}\n`, { mode: 0o600, flush: true }),
  };
}

async function readTail(path: string): Promise<string> {
  const file = await open(path, "r").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!file) return "";
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(TAIL_BYTES), position: Math.max(0, size - TAIL_BYTES) });
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** A line that was cut short, by a crash or by the beginning of the tail, is none. */
function parseLine(text: string): z.infer<typeof line>[] {
  try {
    return [line.parse(JSON.parse(text))];
  } catch {
    return [];
  }
}
