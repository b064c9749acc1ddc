/** What the server says about itself. Holds no content; secrets are masked whatever is passed. */
import { redact } from "./redact.ts";

export interface Log {
  info(message: string): void;
  /** Something that whoever runs the server should look at. */
  warn(message: string, error?: unknown): void;
}

/** @param write takes one line without its line break */
export function createLog(write: (line: string) => void, now: () => number): Log {
  function line(level: string, message: string): void {
    // One record stays one line, whatever somebody put into a header.
    write(`${new Date(now()).toISOString()} holdfast ${level}: ${redact(message).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")}`);
  }
  return {
    info: (message) => line("info", message),
    warn: (message, error) => line("warning", error === undefined ? message : `${message}: ${describe(error)}`),
  };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.name}: ${error.message}${error.stack ? ` | ${error.stack.split("\n").slice(1, 4).map((frame) => frame.trim()).join(" | ")}` : ""}`;
}
