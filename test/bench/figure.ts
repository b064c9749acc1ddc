import type { Summary } from "./statistics.ts";

/** One row of the result. */
export interface Figure {
  readonly what: string;
  readonly unit: Unit;
  /** What it is held against: the bare proxy unless `what` names another. @default - there is nothing to compare with */
  readonly against?: Summary;
  readonly holdfast: Summary;
  /** @default - reported, not judged */
  readonly judged?: Judged;
}

export type Unit = "ms" | "MB" | "KB" | "tokens" | "turns";

/** What is held against the limit: p50 by p50, p50 minus p50 (in the figure's unit), or Holdfast's own p50. */
export interface Judged {
  readonly by: "ratio" | "difference" | "value";
  readonly limit: number;
}

/** The number that the limit is about; undefined for a figure that is only reported and is held against nothing. */
export function measured(figure: Figure): number | undefined {
  const { against, holdfast } = figure;
  const by = figure.judged?.by ?? "ratio";
  if (by === "value") return holdfast.p50;
  if (against === undefined) return undefined;
  return by === "ratio" ? holdfast.p50 / against.p50 : holdfast.p50 - against.p50;
}

/** True for a figure within its limit, undefined for one that is only reported. */
export function isWithin(figure: Figure): boolean | undefined {
  const value = measured(figure);
  if (figure.judged === undefined || value === undefined) return undefined;
  return value <= figure.judged.limit;
}

/** `2.31×`, `+1.20 ms` or `212 tokens`, and the limit in the same words. */
export function inWords(value: number, figure: Figure): string {
  switch (figure.judged?.by ?? "ratio") {
    case "ratio": return `${value.toFixed(2)}×`;
    case "difference": return `${value < 0 ? "" : "+"}${number(value)} ${figure.unit}`;
    case "value": return `${number(value)} ${figure.unit}`;
  }
}

/** Three digits that mean something. */
export function number(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(Number.isInteger(value) || size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
