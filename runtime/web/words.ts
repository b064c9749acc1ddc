import type { ModelPlace } from "./contract.ts";

/** "1,234", as the reader's language writes it. */
export function count(value: number): string {
  return new Intl.NumberFormat().format(value);
}

export function countOf(value: number, one: string, many: string): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** "12 s", "5 min", "3 h": rounded up, so that it is never too early. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.ceil(seconds / 3600)} h`;
}

/** Date and time in the reader's own zone. */
export function moment(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** The heading a conversation stands under: "Today", "Yesterday", "This week", or the month and year. */
export function period(iso: string, now: number): string {
  const day = new Date(iso).setHours(0, 0, 0, 0);
  const days = Math.round((new Date(now).setHours(0, 0, 0, 0) - day) / 86_400_000);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days < 7) return "This week";
  return new Date(iso).toLocaleDateString(undefined, { month: "long", year: "numeric" });
}

/** Where messages go, true for every model: shown under the composer, and the way to "what was sent". */
export function destination(model: ModelPlace): string {
  if (staysHere(model)) return "stays on this machine: the demo model answers with a fixed text";
  return `goes to ${model.host}${model.region === undefined ? "" : ` (${regionName(model.region)})`} and nowhere else`;
}

export function staysHere(model: ModelPlace): boolean {
  return model.host === "this machine";
}

/** "eu" and "us" are abbreviations; a vendor's own name for a region, such as "eu-central-1", stays as it is. */
export function regionName(region: string): string {
  return /^[a-z]{2,3}$/.test(region) ? region.toUpperCase() : region;
}

/** The server's words as a sentence: they come in lower case, without a full stop, with times in UTC. */
export function sentence(text: string): string {
  const first = /^[a-z]+(?=[\s,;:']|$)/.test(text) ? text.charAt(0).toUpperCase() : text.charAt(0);
  return first + stopped(text).slice(1);
}

/** Like `sentence`, for words that go on after a colon. */
export function stopped(text: string): string {
  const local = text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z/g, moment);
  return /[.!?]$/.test(local) ? local : `${local}.`;
}
