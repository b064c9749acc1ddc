/**
 * The environment as Settings. The names are the contract with whoever deploys the runtime; a name that begins with
 * HOLDFAST_ and is not one of them is a mistake and stops the start.
 */
import { z } from "zod";
import type { ChatSettings } from "./chat/prepare.ts";
import type { SessionLimits } from "./identity/sessions.ts";
import { modelSettings } from "./models/model-settings.ts";
import type { ModelSettings } from "./models/model-settings.ts";
import { SetupError } from "./problems.ts";

export interface Settings {
  /** @default - the platform's data directory */
  readonly data?: string;
  /** 0: any free port. */
  readonly port: number;
  /** @default - chosen with `npm run admin -- model set`; until then the demo answers */
  readonly model?: ModelSettings;
  readonly chat: ChatSettings;
  readonly sessions: SessionLimits;
  /** File that signed heads of the audit log are appended to. @default - `audit-heads.jsonl` in the data directory */
  readonly auditHeads?: string;
}

const MODEL = "HOLDFAST_MODEL_";

function whole(least: number, most: number, fallback: number) {
  const problem = `must be a whole number from ${least} to ${most}`;
  return z.string().regex(/^\d{1,10}$/, problem).transform(Number).refine((value) => value >= least && value <= most, problem).default(fallback);
}

const environment = z.strictObject({
  HOLDFAST_DATA: z.string().min(1).optional(),
  HOLDFAST_PORT: whole(0, 65_535, 4747),
  // What a model's settings may be, and together, is judged by readModel.
  HOLDFAST_MODEL_PROVIDER: z.string().optional(),
  HOLDFAST_MODEL_NAME: z.string().optional(),
  HOLDFAST_MODEL_BASE_URL: z.string().optional(),
  HOLDFAST_MODEL_REGION: z.string().optional(),
  HOLDFAST_MODEL_API_KEY: z.string().optional(),
  HOLDFAST_TOKENS_PER_DAY: whole(1, 1_000_000_000, 200_000),
  HOLDFAST_REQUESTS_PER_MINUTE: whole(1, 100_000, 20),
  HOLDFAST_CONTEXT_TOKENS: whole(500, 2_000_000, 16_000),
  HOLDFAST_MAX_OUTPUT_TOKENS: whole(1, 200_000, 4_096),
  HOLDFAST_IDLE_LOGOFF_MINUTES: whole(1, 43_200, 480),
  HOLDFAST_SESSION_HOURS: whole(1, 8_760, 168),
  HOLDFAST_AUDIT_HEADS: z.string().min(1).optional(),
  /** Read by `npm run admin -- --url` alone. */
  HOLDFAST_ADMIN_KEY: z.string().optional(),
});

/** @throws {SetupError} that names every problem at once, and never a value of HOLDFAST_MODEL_API_KEY */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const ours = Object.fromEntries(Object.entries(env).filter(([name, value]) => name.startsWith("HOLDFAST_") && value !== ""));
  const parsed = environment.safeParse(ours);
  const model = readModel(ours);
  const problems = [...(parsed.error?.issues.flatMap(toLines) ?? []), ...model.problems];
  if (!parsed.success || problems.length > 0) throw new SetupError(`the settings have ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:\n${problems.map((line) => `  ${line}`).join("\n")}`);

  const settings = parsed.data;
  return {
    port: settings.HOLDFAST_PORT,
    chat: {
      tokensPerDay: settings.HOLDFAST_TOKENS_PER_DAY,
      requestsPerMinute: settings.HOLDFAST_REQUESTS_PER_MINUTE,
      contextTokens: settings.HOLDFAST_CONTEXT_TOKENS,
      maxOutputTokens: settings.HOLDFAST_MAX_OUTPUT_TOKENS,
    },
    sessions: { idleMinutes: settings.HOLDFAST_IDLE_LOGOFF_MINUTES, absoluteHours: settings.HOLDFAST_SESSION_HOURS },
    ...(settings.HOLDFAST_DATA === undefined ? {} : { data: settings.HOLDFAST_DATA }),
    ...(settings.HOLDFAST_AUDIT_HEADS === undefined ? {} : { auditHeads: settings.HOLDFAST_AUDIT_HEADS }),
    ...(model.settings ? { model: model.settings } : {}),
  };
}

/** HOLDFAST_MODEL_BASE_URL and its like as the members of ModelSettings. */
function readModel(env: Readonly<Record<string, string | undefined>>): { settings?: ModelSettings; problems: string[] } {
  const given = Object.entries(env).filter(([name]) => name.startsWith(MODEL) && name in environment.shape);
  if (given.length === 0) return { problems: [] };
  const parsed = modelSettings.safeParse(Object.fromEntries(given.map(([name, value]) => [toMember(name), value])));
  if (parsed.success) return { settings: parsed.data, problems: [] };
  return { problems: parsed.error.issues.map((issue) => `${toName(String(issue.path[0] ?? "provider"))}: ${issue.code === "unrecognized_keys" ? `does not take ${issue.keys.map(toName).join(", ")}` : issue.message}`) };
}

function toLines(issue: z.core.$ZodIssue): string[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => `${key}: there is no such setting; there are ${Object.keys(environment.shape).join(", ")}`);
  return [`${String(issue.path[0])}: ${issue.message}`];
}

function toMember(name: string): string {
  return name.slice(MODEL.length).toLowerCase().replaceAll(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

function toName(member: string): string {
  return MODEL + member.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
