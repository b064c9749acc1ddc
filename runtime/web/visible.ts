/**
 * Makes what would be invisible, or would reorder the text around it, visible: control characters as their pictures
 * (U+2400 block), directional overrides and isolates and hidden tag characters by their number. Line feeds and tabs
 * stay; so do the tag characters of a flag. CR and CRLF become LF. What is shown, and copied, holds no other text than what is seen.
 */
export function visible(text: string): string {
  return HIDDEN.test(text) ? text.replace(/\r\n?/g, "\n").replace(HIDDEN_ALL, picture) : text;
}

// C0 without tab and LF, DEL, C1, directional formatting (the characters of "Trojan Source"), separators, byte order
// mark, tag characters that do not follow U+1F3F4.
const CLASS = String.raw`[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069\u2028\u2029\uFEFF]|(?<!\u{1F3F4}[\u{E0020}-\u{E007F}]*)[\u{E0000}-\u{E007F}]`;
const HIDDEN = new RegExp(CLASS, "u");
const HIDDEN_ALL = new RegExp(CLASS, "gu");

function picture(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}
