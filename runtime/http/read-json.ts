/** Reads a request's body as JSON of a known shape. Every problem with it is named at once. */
import type { z } from "zod";
import { fromUtf8 } from "../crypto/bytes.ts";
import { Problem } from "../problems.ts";

/** @throws {Problem} `unsupported_media_type`, `malformed` */
export async function readJson<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) throw new Problem("unsupported_media_type", { detail: `got "${type.slice(0, 80)}"`, fix: "send application/json" });
  const parsed = schema.safeParse(parse(new Uint8Array(await request.arrayBuffer())));
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.slice(0, 10).map((issue) => `${issue.path.join(".") || "the body"}: ${issue.message}`);
  throw new Problem("malformed", { detail: lines.join("; ") });
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch (error) {
    throw new Problem("malformed", { detail: error instanceof TypeError ? "the body is not valid UTF-8" : "the body is not JSON" });
  }
}
