/** Questions to the person at the terminal. What is secret is not shown; without a terminal it is read from a pipe. */
import { text as readAll } from "node:stream/consumers";
import { isCancel, password, select, text } from "@clack/prompts";
import { SetupError } from "../../problems.ts";

/** A secret, typed unseen or piped in. "" when the person just presses Enter. */
export async function askSecret(message: string): Promise<string> {
  if (!process.stdin.isTTY) return ((await readAll(process.stdin)).split("\n")[0] ?? "").trim();
  return orLeave(await password({ message, mask: "" })) ?? "";
}

/** What `model set` was not told. */
export async function askModel(given: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const input = { ...given };
  const interactive = process.stdin.isTTY;
  input["provider"] ??= interactive
    ? orLeave(await select({ message: "Which provider?", options: [{ value: "openai-compatible", label: "OpenAI-compatible", hint: "Ollama, vLLM, OpenRouter and many more" }, { value: "demo", label: "demo", hint: "a fixed text, nothing leaves this machine" }] }))
    : "openai-compatible";
  if (input["provider"] === "demo") return input;
  if (interactive) {
    input["baseUrl"] ??= orLeave(await text({ message: "Address of its API?", placeholder: "https://api.example.eu/v1, or http://127.0.0.1:11434/v1 for Ollama" }));
    input["name"] ??= orLeave(await text({ message: "Name of the model?" }));
    input["region"] ??= orLeave(await text({ message: "Region where it answers?", placeholder: "eu; leave empty when you do not know", defaultValue: "" }));
  }
  const apiKey = await askSecret("Your API key? (not shown; Enter for none)");
  return Object.fromEntries(Object.entries({ ...input, apiKey }).filter(([, value]) => value !== ""));
}

/** The answer, unless the person left with Ctrl+C. */
function orLeave<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new SetupError("nothing was changed");
  return answer as Exclude<T, symbol>;
}
