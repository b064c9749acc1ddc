/** The bindings that vitest.config.ts gives the tests in workerd. */
declare module "cloudflare:workers" {
  export const env: { readonly DB: import("../../runtime/store/d1.ts").D1Database };
}
