/** The built page, read from its folder. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Assets } from "../../http/page-routes.ts";
import { SetupError } from "../../problems.ts";

const manifest = z.object({ files: z.array(z.object({ path: z.string(), name: z.string(), type: z.string(), immutable: z.boolean() })) });

/** @throws {SetupError} when it was not built */
export function readPage(folder: string): Assets {
  try {
    const { files } = manifest.parse(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")));
    return new Map(
      files.map(({ path, name, type, immutable }) => [path, { type, immutable, body: new Uint8Array(readFileSync(join(folder, name))), brotli: new Uint8Array(readFileSync(join(folder, `${name}.br`))) }]),
    );
  } catch (error) {
    throw new SetupError(`the page in ${folder} is not built (${error instanceof Error ? error.message : String(error)}): run npm run build`);
  }
}
