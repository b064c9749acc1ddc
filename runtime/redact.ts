/** Takes secrets out of text before it reaches a log, a person or the audit log. */

/**
 * Things that look like a secret wherever they turn up, also after a percent-encoded character. What a first group holds stays.
 * Each takes time in proportion to the text, whatever a hostile reply repeats: no match begins inside what another one looked through.
 */
const shapes: readonly RegExp[] = [
  /\b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}/gi,
  /holdfast_[\w-]{20,}/g,
  /(?<![A-Za-z](?<!%[\dA-Fa-f]{2}))sk-[\w-]{8,}/g,
  /(?<![\w-])((?:(?!eyJ)[\w-])*)eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/g,
  /([?&#](?:key|api_key|token|link|secret)=)[^\s&#"']+/gi,
];

const MASK = "[secret]";

/** @param secrets known values; the empty string is not one */
export function redact(text: string, secrets: readonly string[] = []): string {
  const known = secrets
    .filter((secret) => secret !== "")
    .toSorted((a, b) => b.length - a.length)
    .reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
  return shapes.reduce((masked, shape) => masked.replaceAll(shape, (_match, kept: unknown) => (typeof kept === "string" ? kept : "") + MASK), known);
}
