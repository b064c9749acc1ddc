/** Reads a request's body as JSON of a known shape. Every problem with it is named at once. */
import type { z } from "zod";
import { fromUtf8 } from "../crypto/bytes.ts";
import { Problem } from "../problems.ts";

/** Room for the longest message, escaped as JSON. */
export const BODY_BYTES = 2 * 1024 * 1024;

const PROBLEMS_AT_MOST = 10;
const LINE_CHARACTERS = 200;

/** @throws {Problem} `unsupported_media_type`, `too_large`, `malformed` */
export async function readJson<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) throw new Problem("unsupported_media_type", { detail: `got "${type.slice(0, 80)}"`, fix: "send application/json" });
  const parsed = schema.safeParse(parse(await readBody(request)));
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.flatMap((issue) => toLines(issue)).slice(0, PROBLEMS_AT_MOST);
  throw new Problem("malformed", { detail: lines.join("; ") });
}

export function tooLarge(): Problem {
  return new Problem("too_large", { detail: `a request has at most ${BODY_BYTES} bytes`, fix: "send less at once" });
}

/** HTTP holds a sender to the length that it said, and limitBody has looked at that. A body in chunks says none, so it is counted as it comes. */
async function readBody(request: Request): Promise<Uint8Array> {
  if (request.headers.has("content-length")) return new Uint8Array(await request.arrayBuffer());
  let length = 0;
  const counted = request.body?.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(part, controller) {
        length += part.length;
        if (length > BODY_BYTES) throw tooLarge();
        controller.enqueue(part);
      },
    }),
  );
  return new Uint8Array(await new Response(counted ?? null).arrayBuffer());
}

/** What does not fit any of several shapes is judged by the one that it comes nearest to. */
function toLines(issue: z.core.$ZodIssue, above: readonly PropertyKey[] = []): string[] {
  const path = [...above, ...issue.path];
  const nearest = issue.code === "invalid_union" ? issue.errors.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)[0] : undefined;
  if (nearest) return nearest.flatMap((inner) => toLines(inner, path));
  // The names of unknown members are the sender's own, and as long as they like.
  return [`${path.join(".") || "the body"}: ${issue.message}`.slice(0, LINE_CHARACTERS).toWellFormed()];
}

/** How far into the value the first problem is: the wrong shape fails at its top. */
function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.min(...issues.map(({ path }) => path.length));
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch (error) {
    throw new Problem("malformed", { detail: error instanceof TypeError ? "the body is not valid UTF-8" : "the body is not JSON" });
  }
}
