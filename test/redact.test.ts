import { describe, expect, it } from "vitest";
import { redact } from "../runtime/redact.ts";

const key = "holdfast_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_abcde";
const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P";

describe("redact", () => {
  it.each([
    ["a known secret", "the key hunter2-hunter2 was refused", "the key [secret] was refused"],
    ["every time it is there", "hunter2-hunter2hunter2-hunter2", "[secret][secret]"],
    ["an Authorization header", "authorization: Bearer abcdefgh.ijk", "authorization: [secret]"],
    ["a header in small letters", "authorization: basic dXNlcjpwYXNz", "authorization: [secret]"],
    ["an API key of its own", `key=${key}, refused`, "key=[secret], refused"],
    ["an API key inside a percent-encoded address", `next%3Fk%3D${key}%26x`, "next%3Fk%3D[secret]%26x"],
    ["a provider's key", 'Incorrect API key provided: "sk-proj-abcdefgh1234".', 'Incorrect API key provided: "[secret]".'],
    ["a provider's key inside a percent-encoded address", "k%3Dsk-abcdefgh1234&k%3dsk-abcdefgh1234", "k%3D[secret]&k%3d[secret]"],
    ["a token", `got ${token}!`, "got [secret]!"],
    ["a token inside a percent-encoded address", `jwt%3D${token}`, "jwt%3D[secret]"],
    ["the token of a sign-in link", "http://127.0.0.1:4747/#link=abc_DEF-123", "http://127.0.0.1:4747/#link=[secret]"],
    ["a key in a query", "GET /v1?api_key=abc&model=m", "GET /v1?api_key=[secret]&model=m"],
  ])("masks %s", (_what, text, masked) => {
    expect(redact(text, ["hunter2-hunter2"])).toBe(masked);
    expect(redact(masked, ["hunter2-hunter2"])).toBe(masked);
  });

  it.each(["a risk-assessment of the desk-organiser", "Basic English and bearer of news", "keyJar.holder.of", "holdfast_ is a prefix", "eyJ.a.b", "the secret=service of ?key"])(
    "leaves other words alone: %s",
    (text) => {
      expect(redact(text)).toBe(text);
    },
  );

  it("masks the longer of two secrets of which one begins like the other", () => {
    expect(redact("abcdefgh-ijkl", ["abcdefgh", "abcdefgh-ijkl", ""])).toBe("[secret]");
  });

  // A provider's error is as long as the provider likes. Looking at it again from every beginning would take minutes.
  it.each(["eyJ-", "eyJ", "-eyJaaaaaaaaaaa.", "Bearer ", "Bearer\t\t\t\t", "sk-", "holdfast_", "?key=", "%sk-"])("comes to an end on a megabyte of %j", (unit) => {
    const text = unit.repeat(1_000_000 / unit.length);
    expect(redact(redact(text))).toBe(redact(text));
  });
});
