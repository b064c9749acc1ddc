import { inWords, isWithin, measured } from "./figure.ts";
import type { Figure } from "./figure.ts";

/** Colours with a contrast of about 4.3:1 on white and on GitHub's dark page alike, as the picture has no background of its own. */
const ink = "#727b85";
const accent = "#2f81c7";
const missed = "#d1553f";

const width = 830;
const barLeft = 300;
const limitAt = 558;
const valueRight = 732;
const rowHeight = 28;
const top = 44;

/**
 * The judged figures as an SVG, each bar's length relative to that figure's own limit (the vertical line).
 * A bar beyond the line is drawn in another colour and cut off at one and an eighth of the limit; its number tells the rest.
 */
export function plot(figures: readonly Figure[], caption: string): string {
  const judged = figures.filter((figure) => figure.judged !== undefined);
  const bottom = top + judged.length * rowHeight;
  const height = bottom + 36;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
<title id="title">${escaped(judged.map(spoken).join("; "))}</title>
<g font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="14" fill="${ink}">
${text(barLeft, 24, "share of the limit", "start", 12)}
${text(valueRight, 24, "measured", "end", 12)}
${text(limitAt, 24, "limit", "middle", 12)}
${text(width, 24, "at most", "end", 12)}
<path d="M${limitAt} 32V${bottom}" stroke="${ink}" stroke-dasharray="2 3"/>
${judged.map((figure, index) => row(figure, top + index * rowHeight)).join("\n")}
${text(0, height - 8, caption, "start", 12)}
</g>
</svg>
`;
}

function row(figure: Figure, y: number): string {
  const value = measured(figure) ?? 0;
  const limit = figure.judged?.limit ?? 0;
  const share = limit === 0 ? (value === 0 ? 0 : 1.125) : Math.min(1.125, Math.max(0, value / limit));
  const length = Math.round(share * (limitAt - barLeft));
  const colour = isWithin(figure) === false ? missed : accent;
  const middle = y + rowHeight / 2;
  return [
    text(0, middle + 5, figure.what.trim(), "start", 14),
    `<rect x="${barLeft}" y="${middle - 6}" width="${length}" height="12" rx="2" fill="${colour}"/>`,
    text(valueRight, middle + 5, inWords(value, figure), "end", 14),
    text(width, middle + 5, inWords(limit, figure), "end", 14),
  ].join("\n");
}

function spoken(figure: Figure): string {
  return `${figure.what}: ${inWords(measured(figure) ?? 0, figure)}, limit ${inWords(figure.judged?.limit ?? 0, figure)}`;
}

function text(x: number, y: number, content: string, anchor: "start" | "middle" | "end", size: number): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="${size}">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
