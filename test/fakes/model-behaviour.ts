/**
 * How the fake provider behaves for one request, decided by what the request says and by nothing else:
 * a test writes the directive into the message, and several tests can share one fake.
 */
import { lastUserText } from "./model-wire.ts";
import type { ChatBody } from "./model-wire.ts";

export type Behaviour =
  /** `pauseMs` passes before each piece. `ending: "error"` sends an error event in place of the finish. */
  | { readonly kind: "answer"; readonly pieces: readonly string[]; readonly pauseMs: number; readonly ending: Ending }
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: string }
  /** A 200 with the right content type and bytes that are neither SSE nor JSON nor UTF-8. */
  | { readonly kind: "garbage" }
  /** The first half of `pieces` (not streaming: of the body), then the socket is destroyed. */
  | { readonly kind: "half"; readonly pieces: readonly string[]; readonly pauseMs: number }
  | { readonly kind: "never-ends"; readonly pauseMs: number }
  /** Takes the request and says nothing at all. */
  | { readonly kind: "silent" }
  | { readonly kind: "redirect"; readonly location: string }
  /** A 401 whose message repeats the Authorization header, as some gateways do. */
  | { readonly kind: "key-in-error" };

export type Ending = "stop" | "length" | "content_filter" | "error";

/** Size of the answer to `[[huge]]`, in bytes. */
export const hugeBytes = 10 * 1024 * 1024;

/**
 * Reads the directives at the start of the last user message:
 * `[[slow 50]]` (ms before each piece) · `[[status 429 retry-after=7]]` · `[[garbage]]` · `[[half]]` · `[[never-ends]]` ·
 * `[[silent]]` · `[[redirect http://…]]` · `[[words 200]]` (a word a piece) · `[[echo]]` (the JSON of the messages) ·
 * `[[markdown <base64>]]` (that text, exactly) · `[[huge]]` · `[[key-in-error]]` · `[[finish length]]` (or `content_filter`,
 * or `error`: an error event in the middle of a 200).
 * `slow` and `finish` go together with others; of the rest the last one counts. With none of them the answer is
 * "You said: <text>", where text is what follows the directives.
 * @throws {Error} for a directive that is none of these, so that a typing mistake in a test is seen
 */
export function behaviourOf(body: ChatBody): Behaviour {
  const { directives, rest } = directivesOf(lastUserText(body.messages));
  let pauseMs = 0;
  let ending: Ending = "stop";
  let pieces = piecesOf(`You said: ${rest}`);
  let other: (() => Behaviour) | undefined;
  for (const { name, value } of directives) {
    switch (name) {
      case "slow": pauseMs = count(name, value); break;
      case "finish": ending = endingOf(value); break;
      case "words": pieces = words(count(name, value)); break;
      case "echo": pieces = piecesOf(JSON.stringify(body.messages)); break;
      case "markdown": pieces = piecesOf(Buffer.from(value, "base64").toString("utf8")); break;
      case "huge": pieces = Array.from({ length: hugeBytes / 65_536 }, () => "0123456789abcde ".repeat(4096)); break;
      case "status": other = () => statusOf(value); break;
      case "redirect": other = () => ({ kind: "redirect", location: value }); break;
      case "half": other = () => ({ kind: "half", pieces, pauseMs }); break;
      case "never-ends": other = () => ({ kind: "never-ends", pauseMs }); break;
      case "garbage": case "silent": case "key-in-error": other = () => ({ kind: name }); break;
      default: throw new Error(`unknown directive: got "[[${name}]]"; see behaviourOf in test/fakes/model-behaviour.ts`);
    }
  }
  return other?.() ?? { kind: "answer", pieces, pauseMs, ending };
}

interface Directive {
  readonly name: string;
  readonly value: string;
}

function directivesOf(text: string): { directives: Directive[]; rest: string } {
  const directives: Directive[] = [];
  let rest = text;
  for (;;) {
    const match = /^\s*\[\[([a-z-]+)(?:\s+([^\]]*))?\]\]/u.exec(rest);
    if (match === null) return { directives, rest: directives.length === 0 ? rest : rest.trimStart() };
    directives.push({ name: match[1] ?? "", value: (match[2] ?? "").trim() });
    rest = rest.slice(match[0].length);
  }
}

function statusOf(value: string): Behaviour {
  const [status, ...options] = value.split(/\s+/u);
  const retryAfter = options.find((option) => option.startsWith("retry-after="))?.slice("retry-after=".length);
  return { kind: "status", status: count("status", status ?? ""), ...(retryAfter === undefined ? {} : { retryAfter }) };
}

function count(name: string, value: string): number {
  if (!/^\d+$/u.test(value)) throw new Error(`[[${name}]] needs a whole number: got "${value}"`);
  return Number(value);
}

function endingOf(value: string): Ending {
  if (value === "length" || value === "content_filter" || value === "error") return value;
  throw new Error(`unknown finish: got "${value}", allowed are length, content_filter and error`);
}

/** At least two pieces for two characters or more, about twelve characters each, never within a surrogate pair. */
function piecesOf(text: string): string[] {
  const characters = Array.from(text);
  const size = Math.max(1, Math.min(12, Math.ceil(characters.length / 2)));
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += size) pieces.push(characters.slice(at, at + size).join(""));
  return pieces;
}

function words(howMany: number): string[] {
  return Array.from({ length: howMany }, (_, index) => (index === 0 ? "word1" : ` word${index + 1}`));
}
