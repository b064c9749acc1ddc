import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/**
 * The ways in which a text is in some bytes: "plain", "utf-16le", "utf-16be", "hex", "base64", "base64url", the last two at each of the
 * three places where it can begin in what was encoded.
 * @param text of ASCII, eight characters or more
 */
export function formsIn(bytes: Uint8Array, text: string): string[] {
  const found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Object.entries(forms(text)).flatMap(([form, needles]) => (needles.some((needle) => found.includes(needle)) ? [form] : []));
}

/** "file: form" for every file of a folder, at any depth, that holds one of these texts in some form; names of files count, too. */
export function filesWith(folder: string, texts: readonly string[]): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .toSorted()
    .map((name) => join(folder, name))
    .flatMap((path) => {
      const bytes = statSync(path).isFile() ? readFileSync(path) : Buffer.alloc(0);
      const name = Buffer.from(relative(folder, path));
      return texts.flatMap((text) => [...formsIn(bytes, text), ...formsIn(name, text)].map((form) => `${relative(folder, path)}: ${form} ${text}`));
    });
}

function forms(text: string): Record<string, Buffer[]> {
  const little = Buffer.from(text, "utf16le");
  const base64 = [0, 1, 2].map((before) => inBase64(text, before));
  return {
    plain: [Buffer.from(text)],
    "utf-16le": [little],
    "utf-16be": [Buffer.from(little).swap16()],
    hex: [Buffer.from(Buffer.from(text).toString("hex")), Buffer.from(Buffer.from(text).toString("hex").toUpperCase())],
    base64: base64.map((encoded) => Buffer.from(encoded)),
    base64url: base64.map((encoded) => Buffer.from(encoded.replaceAll("+", "-").replaceAll("/", "_"))),
  };
}

/** The characters that say something about the text alone, with so many other bytes before it in its group of three. */
function inBase64(text: string, before: number): string {
  const encoded = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]).toString("base64").replace(/=+$/, "");
  const clean = Math.ceil((before * 8) / 6);
  const bits = (before + text.length) * 8;
  return encoded.slice(clean, Math.floor(bits / 6));
}
