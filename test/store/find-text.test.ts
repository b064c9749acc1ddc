import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { temporaryData } from "../support/server-process.ts";
import { filesWith, formsIn } from "./find-text.ts";

const text = "canary?>~f1n7h/words";
const around = fc.uint8Array({ maxLength: 12 });

function join3(before: Uint8Array, middle: Uint8Array, after: Uint8Array): Buffer {
  return Buffer.concat([before, middle, after]);
}

/** What the canary test stands on: a search that finds nothing proves something only when it finds what is there. */
describe("the search for a text", () => {
  it.each([
    ["plain", (bytes: Buffer) => bytes],
    ["utf-16le", (bytes: Buffer) => Buffer.from(bytes.toString("latin1"), "utf16le")],
    ["utf-16be", (bytes: Buffer) => Buffer.from(bytes.toString("latin1"), "utf16le").swap16()],
    ["hex", (bytes: Buffer) => Buffer.from(bytes.toString("hex"))],
    ["base64", (bytes: Buffer) => Buffer.from(bytes.toString("base64"))],
    ["base64url", (bytes: Buffer) => Buffer.from(bytes.toString("base64url"))],
  ])("finds it as %s, whatever stands around it before and after the encoding", (form, encode) => {
    fc.assert(
      fc.property(around, around, around, around, (a, b, c, d) => {
        const encoded = encode(join3(a, Buffer.from(text), b));
        expect(formsIn(join3(c, encoded, d), text)).toContain(form);
      }),
    );
  });

  it("finds nothing where it is not", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        expect(formsIn(bytes, text)).toEqual([]);
      }),
    );
  });

  it("looks into every file, at any depth, and at the files' names", () => {
    const { path, remove } = temporaryData();
    mkdirSync(join(path, "a", "b"), { recursive: true });
    writeFileSync(join(path, "a", "b", "deep"), `..${text}..`);
    writeFileSync(join(path, "clean"), "nothing");
    writeFileSync(join(path, "name-with-marker-in-it"), "");
    expect(filesWith(path, [text, "marker-in"])).toEqual([`a/b/deep: plain ${text}`, "name-with-marker-in-it: plain marker-in"]);
    remove();
  });
});
