/** The bindings that vitest.config.ts gives the tests in workerd. */
declare module "cloudflare:workers" {
  import type { D1Database } from "../../runtime/store/d1.ts";

  export const env: { readonly DB: D1Database };
}
