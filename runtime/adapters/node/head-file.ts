/** Signed heads of the audit log, appended to a file outside the store. Put it on another disk to make more of it. */
import { appendFile, readFile } from "node:fs/promises";
import { z } from "zod";
import type { HeadKeeper } from "../../audit/outside-head.ts";

const line = z.object({ seq: z.int(), hash: z.string() });

export function openHeadFile(path: string): HeadKeeper {
  return {
    async last() {
      const text = await readFile(path, "utf8").catch((error: unknown) => {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
        throw error;
      });
      // The last line may be cut short by a crash; the one before it is as good.
      return text.split("\n").toReversed().flatMap(parseLine)[0];
    },
    append: (head) => appendFile(path, `${JSON.stringify(head)}\n`, { mode: 0o600, flush: true }),
  };
}

function parseLine(text: string): z.infer<typeof line>[] {
  try {
    return [line.parse(JSON.parse(text))];
  } catch {
    return [];
  }
}
