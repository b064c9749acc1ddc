/** The named character references that models write. Numbers are resolved by the lexer already. */
const NAMED: Readonly<Record<string, string>> = {
  amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00A0", copy: "©", reg: "®", trade: "™", deg: "°",
  hellip: "…", ndash: "–", mdash: "—", lsquo: "‘", rsquo: "’", ldquo: "“", rdquo: "”", laquo: "«", raquo: "»",
  middot: "·", bull: "•", times: "×", divide: "÷", plusmn: "±", minus: "−", le: "≤", ge: "≥", ne: "≠",
  larr: "←", rarr: "→", uarr: "↑", darr: "↓", euro: "€", pound: "£", sect: "§", para: "¶", frac12: "½", shy: "\u00AD",
};

/** Resolves known references once; others stay as they are written. The result is text, never markup. */
export function resolveEntities(text: string): string {
  return text.includes("&") ? text.replace(/&([a-zA-Z0-9]{2,8});/g, (whole, name: string) => (Object.hasOwn(NAMED, name) ? NAMED[name] : undefined) ?? whole) : text;
}
