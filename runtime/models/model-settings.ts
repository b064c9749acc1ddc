/** Which model answers: the settings of it, and what makes them valid. */
import { z } from "zod";

/** Numbers of private networks (RFC 1918, RFC 4193) and names that only a local network resolves. */
const PRIVATE_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|172\.(1[6-9]|2\d|3[01])\.\d+\.\d+|\[f[cd][0-9a-f]{2}:[0-9a-f:]+\]|[\w-]+|[\w.-]+\.(local|internal|home\.arpa))$/i;

const baseUrl = z
  .url({ protocol: /^https?$/, abort: true, error: "must be an http or https address, such as https://api.example.eu/v1" })
  .refine((url) => new URL(url).protocol === "https:" || PRIVATE_HOST.test(new URL(url).hostname), { error: "must begin with https:// unless the host is on this machine or its local network" })
  .refine((url) => new URL(url).username === "" && new URL(url).password === "", { error: "must not hold a user name or password; the key has its own setting" })
  .refine((url) => new URL(url).search === "" && new URL(url).hash === "", { error: "must not hold a query or a fragment" });

export const modelSettings = z.discriminatedUnion("provider", [
  z.strictObject({ provider: z.literal("demo") }),
  z.strictObject({
    provider: z.literal("openai-compatible"),
    name: z.string("must be the model's name, as its provider calls it").min(1).max(200),
    baseUrl,
    /** @default - the region is not declared */
    region: z.string().min(1).max(40).optional(),
    /** @default - the provider asks for none, as Ollama does */
    apiKey: z.string().min(1).max(4096).regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces").optional(),
  }),
], 'must be "demo" or "openai-compatible"');

export type ModelSettings = z.infer<typeof modelSettings>;
export type OpenAICompatibleSettings = Extract<ModelSettings, { provider: "openai-compatible" }>;

export const demoSettings: ModelSettings = { provider: "demo" };
