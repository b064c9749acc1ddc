/** The only way out of the runtime. */
import type { Egress } from "./ports.ts";
import { Problem } from "./problems.ts";

/**
 * A fetch that reaches one declared origin and nothing else, and follows no redirect: a provider that answers with one
 * could send a person's words anywhere.
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
    return response;
  };
}
