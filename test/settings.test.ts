import { describe, expect, it } from "vitest";
import { SetupError } from "../runtime/problems.ts";
import { readSettings } from "../runtime/settings.ts";

const NAMES = [
  "HOLDFAST_DATA", "HOLDFAST_PORT", "HOLDFAST_MODEL_PROVIDER", "HOLDFAST_MODEL_NAME", "HOLDFAST_MODEL_BASE_URL", "HOLDFAST_MODEL_REGION", "HOLDFAST_MODEL_API_KEY", "HOLDFAST_TOKENS_PER_DAY",
  "HOLDFAST_REQUESTS_PER_MINUTE", "HOLDFAST_CONTEXT_TOKENS", "HOLDFAST_MAX_OUTPUT_TOKENS", "HOLDFAST_IDLE_LOGOFF_MINUTES", "HOLDFAST_SESSION_HOURS", "HOLDFAST_AUDIT_HEADS", "HOLDFAST_ADMIN_KEY",
].join(", ");

const usual = { port: 4747, chat: { tokensPerDay: 200_000, requestsPerMinute: 20, contextTokens: 16_000, maxOutputTokens: 4_096 }, sessions: { idleMinutes: 480, absoluteHours: 168 } };
const vendor = { HOLDFAST_MODEL_PROVIDER: "openai-compatible", HOLDFAST_MODEL_NAME: "some-model", HOLDFAST_MODEL_BASE_URL: "https://api.example.eu/v1" };

/** The lines of the one error that says everything. */
function problems(env: Record<string, string>): string[] {
  try {
    readSettings(env);
    return [];
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return error.message.split("\n").slice(1).map((line) => line.trim());
  }
}

describe("settings", () => {
  it("have a value for everything that is not set", () => {
    expect(readSettings({})).toEqual(usual);
    expect(readSettings({ PATH: "/usr/bin", OTHER_HOLDFAST_PORT: "x", holdfast_port: "x" })).toEqual(usual);
  });

  it("take an empty variable for one that is not set", () => {
    expect(readSettings({ HOLDFAST_PORT: "", HOLDFAST_MODEL_PROVIDER: "", HOLDFAST_MODEL_API_KEY: "", HOLDFAST_DATA: "" })).toEqual(usual);
  });

  it("are all taken from the environment", () => {
    const env = {
      HOLDFAST_DATA: "/srv/holdfast", HOLDFAST_PORT: "0", HOLDFAST_TOKENS_PER_DAY: "1", HOLDFAST_REQUESTS_PER_MINUTE: "2", HOLDFAST_CONTEXT_TOKENS: "500", HOLDFAST_MAX_OUTPUT_TOKENS: "4",
      HOLDFAST_IDLE_LOGOFF_MINUTES: "5", HOLDFAST_SESSION_HOURS: "6", HOLDFAST_AUDIT_HEADS: "/mnt/heads", HOLDFAST_ADMIN_KEY: "holdfast_x", HOLDFAST_MODEL_PROVIDER: "demo",
    };
    expect(readSettings(env)).toEqual({
      port: 0, data: "/srv/holdfast", auditHeads: "/mnt/heads", model: { provider: "demo" }, chat: { tokensPerDay: 1, requestsPerMinute: 2, contextTokens: 500, maxOutputTokens: 4 }, sessions: { idleMinutes: 5, absoluteHours: 6 },
    });
  });

  it.each([
    ["HOLDFAST_PORT", 0, 65_535],
    ["HOLDFAST_TOKENS_PER_DAY", 1, 1_000_000_000],
    ["HOLDFAST_REQUESTS_PER_MINUTE", 1, 100_000],
    ["HOLDFAST_CONTEXT_TOKENS", 500, 2_000_000],
    ["HOLDFAST_MAX_OUTPUT_TOKENS", 1, 200_000],
    ["HOLDFAST_IDLE_LOGOFF_MINUTES", 1, 43_200],
    ["HOLDFAST_SESSION_HOURS", 1, 8_760],
  ])("name the range of %s, %i to %i", (name, least, most) => {
    const wrong = [`${name}: must be a whole number from ${least} to ${most}`];
    for (const value of ["x", "-1", "1.5", "1e3", "0x10", " ", " 7", "٣", "NaN", "Infinity", "99999999999999999999", "null", String(most + 1), String(least - 1)]) expect(problems({ [name]: value })).toEqual(wrong);
    for (const value of [least, most]) expect(problems({ [name]: String(value) })).toEqual([]);
  });

  it.each(["HOLDFAST_PROT", "HOLDFAST_MODEL_APIKEY", "HOLDFAST_", "HOLDFAST_MODEL_", "HOLDFAST_port", "HOLDFAST_MODEL___PROTO__", "HOLDFAST_MODEL_TO_STRING"])("refuse a name that is none, and list those there are: %s", (name) => {
    expect(problems({ [name]: "secret-value" })).toEqual([`${name}: there is no such setting; there are ${NAMES}`]);
  });

  it("name every problem at once", () => {
    const env = { HOLDFAST_PORT: "x", HOLDFAST_SESSION_HOURS: "0", HOLDFAST_FOO: "1", HOLDFAST_BAR: "2", HOLDFAST_MODEL_PROVIDER: "openai-compatible", HOLDFAST_MODEL_BASE_URL: "http://example.com/v1", HOLDFAST_MODEL_API_KEY: "a b" };
    expect(problems(env)).toEqual([
      "HOLDFAST_PORT: must be a whole number from 0 to 65535",
      "HOLDFAST_SESSION_HOURS: must be a whole number from 1 to 8760",
      `HOLDFAST_FOO: there is no such setting; there are ${NAMES}`,
      `HOLDFAST_BAR: there is no such setting; there are ${NAMES}`,
      "HOLDFAST_MODEL_NAME: must be the model's name, as its provider calls it",
      "HOLDFAST_MODEL_BASE_URL: must begin with https:// unless the host is on this machine or its local network",
      "HOLDFAST_MODEL_API_KEY: must be printable ASCII without spaces",
    ]);
    expect(() => readSettings(env)).toThrow("the settings have 7 problems:\n  HOLDFAST_PORT: ");
    expect(() => readSettings({ HOLDFAST_PORT: "x" })).toThrow("the settings have a problem:\n  HOLDFAST_PORT: ");
  });

  it("never repeat a key, whatever is wrong with it or beside it", () => {
    const key = "sk-planted-secret";
    const wrong: Record<string, string>[] = [
      { ...vendor, HOLDFAST_MODEL_API_KEY: `${key} ` },
      { ...vendor, HOLDFAST_MODEL_API_KEY: `${key}\n` },
      { ...vendor, HOLDFAST_MODEL_API_KEY: `${key}ä` },
      { ...vendor, HOLDFAST_MODEL_API_KEY: key.repeat(300) },
      { HOLDFAST_MODEL_API_KEY: key },
      { HOLDFAST_MODEL_PROVIDER: "demo", HOLDFAST_MODEL_API_KEY: key },
      { HOLDFAST_MODEL_PROVIDER: key },
      { HOLDFAST_API_KEY: key, HOLDFAST_ADMIN_KEY: key },
      { ...vendor, HOLDFAST_MODEL_BASE_URL: `https://user:${key}@api.example.eu/v1` },
      { ...vendor, HOLDFAST_MODEL_BASE_URL: `https://api.example.eu/v1?key=${key}` },
    ];
    for (const env of wrong) {
      expect(problems(env).length).toBeGreaterThan(0);
      expect(problems(env).join("\n")).not.toContain("planted");
    }
  });
});

describe("the settings of the model", () => {
  it("are whole, or there are none", () => {
    expect(readSettings({ ...vendor, HOLDFAST_MODEL_REGION: "eu", HOLDFAST_MODEL_API_KEY: "sk-1" }).model).toEqual({ provider: "openai-compatible", name: "some-model", baseUrl: "https://api.example.eu/v1", region: "eu", apiKey: "sk-1" });
    expect(readSettings(vendor).model).toEqual({ provider: "openai-compatible", name: "some-model", baseUrl: "https://api.example.eu/v1" });
    expect(readSettings({}).model).toBe(undefined);
  });

  it.each<[Record<string, string>, string[]]>([
    [{ HOLDFAST_MODEL_PROVIDER: "openai" }, ['HOLDFAST_MODEL_PROVIDER: must be "demo" or "openai-compatible"']],
    [{ HOLDFAST_MODEL_NAME: "some-model" }, ['HOLDFAST_MODEL_PROVIDER: must be "demo" or "openai-compatible"']],
    [{ HOLDFAST_MODEL_PROVIDER: "demo", HOLDFAST_MODEL_NAME: "x", HOLDFAST_MODEL_API_KEY: "k" }, ["HOLDFAST_MODEL_PROVIDER: does not take HOLDFAST_MODEL_NAME, HOLDFAST_MODEL_API_KEY"]],
    [{ HOLDFAST_MODEL_PROVIDER: "openai-compatible" }, ["HOLDFAST_MODEL_NAME: must be the model's name, as its provider calls it", "HOLDFAST_MODEL_BASE_URL: must be an http or https address, such as https://api.example.eu/v1"]],
    [{ ...vendor, HOLDFAST_MODEL_BASE_URL: "api.example.eu/v1" }, ["HOLDFAST_MODEL_BASE_URL: must be an http or https address, such as https://api.example.eu/v1"]],
    [{ ...vendor, HOLDFAST_MODEL_BASE_URL: "file:///etc/passwd" }, ["HOLDFAST_MODEL_BASE_URL: must be an http or https address, such as https://api.example.eu/v1"]],
    [{ ...vendor, HOLDFAST_MODEL_BASE_URL: "https://u@api.example.eu/v1" }, ["HOLDFAST_MODEL_BASE_URL: must not hold a user name or password; the key has its own setting"]],
    [{ ...vendor, HOLDFAST_MODEL_BASE_URL: "https://api.example.eu/v1?a=b#c" }, ["HOLDFAST_MODEL_BASE_URL: must not hold a query or a fragment"]],
  ])("must fit together: %o", (env, lines) => {
    expect(problems(env)).toEqual(lines);
  });

  it.each([
    "http://localhost:11434/v1", "http://127.0.0.1:11434/v1", "http://127.255.255.254/v1", "http://[::1]:8000/v1", "http://10.0.0.5/v1", "http://172.16.0.1/v1", "http://172.31.255.255/v1", "http://192.168.1.20:8080/v1",
    "http://[fd12:3456::1]/v1", "http://[fc00::1]/v1", "http://ollama:11434/v1", "http://nas.local/v1", "http://gpu.internal/v1", "http://gpu.home.arpa/v1", "http://2130706433/v1", "https://api.example.eu/v1", "https://8.8.8.8/v1",
  ])("may name %s", (url) => {
    expect(problems({ ...vendor, HOLDFAST_MODEL_BASE_URL: url })).toEqual([]);
  });

  it.each([
    "http://api.example.eu/v1", "http://8.8.8.8/v1", "http://169.254.169.254/v1", "http://172.15.0.1/v1", "http://172.32.0.1/v1", "http://11.0.0.1/v1", "http://192.169.0.1/v1", "http://0.0.0.0/v1", "http://[::]/v1", "http://[2001:db8::1]/v1",
    "http://[fd::1]/v1", "http://[fe80::1]/v1", "http://[::ffff:8.8.8.8]/v1", "http://127.0.0.1.example.com/v1", "http://127.0.0.1.nip.io/v1", "http://localhost.example.com/v1", "http://local.example/v1", "http://10.0.0.1.example.com/v1",
    "http://example.com/10.0.0.1", "http://example.internal.com/v1", "http://134744072/v1",
  ])("may not name %s, where words and key would travel in the clear", (url) => {
    expect(problems({ ...vendor, HOLDFAST_MODEL_BASE_URL: url })).toEqual(["HOLDFAST_MODEL_BASE_URL: must begin with https:// unless the host is on this machine or its local network"]);
  });
});
