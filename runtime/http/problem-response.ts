/** Errors as replies: a Problem in its own words; anything else as a fault of the server, told to the log and not to the sender. */
import { IntegrityError } from "../crypto/envelope.ts";
import type { Log } from "../log.ts";
import { Problem, SetupError } from "../problems.ts";
import { StoreError } from "../store/errors.ts";

/** Any error as a Problem. */
export function toProblem(error: unknown, log: Log): Problem {
  if (error instanceof Problem) return error;
  log.warn("a request failed", error);
  const look = "the server's log says more";
  if (error instanceof StoreError && error.reason === "full") return new Problem("storage_full", { detail: "nothing of this request was stored", fix: "free some space on the server's disk", retryAfter: 60 });
  if (error instanceof StoreError && error.reason === "away") return new Problem("busy", { detail: "the store does not answer; nothing of this request was stored", fix: "try again", retryAfter: 5 });
  if (error instanceof SetupError) return new Problem("key_missing", { detail: "what is stored cannot be opened", fix: look });
  if (error instanceof StoreError || error instanceof IntegrityError) return new Problem("store_corrupt", { detail: "what is stored was not used", fix: look });
  return new Problem("internal", { detail: "it is not the request's fault", fix: look });
}

export function problemResponse(problem: Problem): Response {
  return new Response(JSON.stringify(problem.document()), { status: problem.status, headers: { "content-type": "application/problem+json", ...problemHeaders(problem) } });
}

/** What HTTP itself wants to know of a problem (RFC 9110, sections 10.2.3 and 15.5.6). */
export function problemHeaders({ details: { retryAfter, allow } }: Problem): Record<string, string> {
  return { ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }), ...(allow === undefined ? {} : { allow: allow.join(", ") }) };
}
