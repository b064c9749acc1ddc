/** The only way out of the runtime. */
import type { Egress } from "./ports.ts";
import { Problem } from "./problems.ts";

/** More than the longest answer takes, a few characters at a time. */
const REPLY_BYTES = 32 * 1024 * 1024;
/** Of an error, only a message is shown. */
const ERROR_BYTES = 64 * 1024;

/**
 * A fetch that reaches one declared origin and nothing else, reads no more than an answer may have, and follows no
 * redirect: a provider that answers with one could send a person's words anywhere.
 * @param origin such as https://api.example.eu
 */
export function createEgress(origin: string, fetch: Egress): Egress {
  return async (url, init) => {
    const target = new URL(url).origin;
    if (target !== origin) throw new Problem("model_failed", { detail: `a request to ${target} was refused: only ${origin} is declared` });
    const response = await fetch(url, { ...init, redirect: "manual" });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      throw new Problem("model_failed", { detail: `${origin} answered with a redirect, and redirects are not followed`, fix: "set the address that it redirects to, if you trust it" });
    }
    if (!response.body) return response;
    const body = response.body.pipeThrough(response.ok ? atMost(REPLY_BYTES, "fail") : atMost(ERROR_BYTES, "cut"));
    return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers });
  };
}

/** Passes so many bytes on, so that a provider cannot fill the memory. */
function atMost(bytes: number, then: "fail" | "cut"): TransformStream<Uint8Array, Uint8Array> {
  let room = bytes;
  return new TransformStream({
    transform(chunk, controller) {
      if (chunk.length <= room) {
        room -= chunk.length;
        controller.enqueue(chunk);
      } else if (then === "fail") {
        controller.error(new Problem("model_failed", { detail: `the provider sent more than ${bytes} bytes for one answer` }));
      } else {
        controller.enqueue(chunk.subarray(0, room));
        controller.terminate();
      }
    },
  });
}
