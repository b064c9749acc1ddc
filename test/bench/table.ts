import { inWords, isWithin, measured, number } from "./figure.ts";
import type { Figure } from "./figure.ts";
import type { Summary } from "./statistics.ts";

/** The figures as plain text, one line each: p50, p95 in brackets, number of samples, what is judged, the limit, and whether it holds. */
export function table(figures: readonly Figure[]): string {
  const rows = [["what", "against", "Holdfast", "n", "measured", "limit", "ok"], ...figures.map(row)];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const lines = rows.map((cells) => cells.map((content, column) => pad(content, widths[column] ?? 0, column)).join("  ").trimEnd());
  lines.splice(1, 0, widths.map((width) => "-".repeat(width)).join("  "));
  return lines.join("\n");
}

function row(figure: Figure): string[] {
  const value = measured(figure);
  const within = isWithin(figure);
  return [
    figure.what,
    figure.against === undefined ? "" : cell(figure.against, figure),
    cell(figure.holdfast, figure),
    String(figure.holdfast.n),
    value === undefined ? "" : inWords(value, figure),
    figure.judged === undefined ? "" : inWords(figure.judged.limit, figure),
    within === undefined ? "" : within ? "yes" : "NO",
  ];
}

function cell({ p50, p95, n }: Summary, { unit }: Figure): string {
  return n === 1 ? `${number(p50)} ${unit}` : `${number(p50)} ${unit} (${number(p95)})`;
}

function pad(content: string, width: number, column: number): string {
  return column === 0 || column === 6 ? content.padEnd(width) : content.padStart(width);
}
