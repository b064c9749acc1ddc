/** What went wrong with a provider, in words for the person: neither the key, nor a stack, nor more of the reply than its message. */
import { APICallError } from "@ai-sdk/provider";
import { Problem } from "../problems.ts";
import { redact } from "../redact.ts";

const MESSAGE_CHARACTERS = 300;

/** @param secrets values that the reply might repeat */
export function modelProblem(error: unknown, host: string, secrets: readonly string[]): Problem {
  if (error instanceof Problem) return error;
  // What the way out refuses in the middle of an answer comes wrapped.
  if (error instanceof Error && error.cause instanceof Problem) return error.cause;
  if (APICallError.isInstance(error)) return error.statusCode === undefined ? unreachable(host) : fromStatus(error, error.statusCode, host, secrets);
  if (error instanceof TypeError) return unreachable(host);
  return brokenOff(host);
}

function fromStatus(error: APICallError, status: number, host: string, secrets: readonly string[]): Problem {
  const said = providersMessage(error.responseBody, secrets);
  const detail = `${host} answered ${status}${said ? `: ${said}` : ""}`;
  if (status === 401 || status === 403) return new Problem("model_refused", { detail, fix: "check the provider's key: npm run admin -- model set" });
  if (status === 404) return new Problem("model_refused", { detail, fix: "check the model's name and the provider's address: npm run admin -- model show" });
  if (status === 429) return new Problem("model_rate_limit", { detail, fix: "wait, then ask again", ...retryAfter(error.responseHeaders?.["retry-after"]) });
  // A 200 that is an error is an answer whose connection broke in the middle.
  if (status < 300) return brokenOff(host);
  if (status < 500) return new Problem("model_refused", { detail });
  return new Problem("model_failed", { detail, fix: "try again; the provider's status page may say more" });
}

function brokenOff(host: string): Problem {
  return new Problem("model_failed", { detail: `the answer of ${host} broke off or was not understood`, fix: "try again" });
}

function unreachable(host: string): Problem {
  return new Problem("model_unreachable", { detail: `no connection to ${host}, or it broke off`, fix: "check that the provider's address is right and that it runs: npm run admin -- model show" });
}

/** The member that OpenAI-compatible error replies carry their words in. */
function providersMessage(body: string | undefined, secrets: readonly string[]): string | undefined {
  try {
    const { error }: { error?: { message?: unknown } | string } = JSON.parse(body ?? "");
    const message = typeof error === "string" ? error : error?.message;
    if (typeof message !== "string") return undefined;
    return redact(message, secrets).replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim().slice(0, MESSAGE_CHARACTERS);
  } catch {
    return undefined; // not JSON, or null
  }
}

/** Seconds, or a date (RFC 9110, section 10.2.3). */
function retryAfter(header: string | undefined): { retryAfter?: number } {
  const seconds = header === undefined ? NaN : /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? { retryAfter: Math.max(0, Math.ceil(seconds)) } : {};
}
