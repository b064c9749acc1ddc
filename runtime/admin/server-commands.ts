/** Commands about the server: its model, its usage, its settings, its audit log. */
import { z } from "zod";
import { findDisagreements } from "../audit/agreement.ts";
import { parseRecord } from "../audit/chain.ts";
import { findRollback } from "../audit/outside-head.ts";
import { usageOf } from "../chat/usage.ts";
import { modelSettings } from "../models/model-settings.ts";
import type { ModelSettings } from "../models/model-settings.ts";
import { Problem } from "../problems.ts";
import { command, table } from "./command.ts";

const nothing = z.strictObject({});

function broken(detail: string): Problem {
  return new Problem("store_corrupt", { detail, fix: "keep the data as it is, and compare it with a backup" });
}

function withoutKey(settings: ModelSettings): Record<string, unknown> {
  return "apiKey" in settings ? { ...settings, apiKey: "(stored)" } : settings;
}

function toLines(record: Readonly<Record<string, unknown>>): string[] {
  return table(Object.entries(record).map(([name, value]) => [name, String(value)]));
}

export const serverCommands = [
  command({
    name: "model show",
    summary: "shows which model answers, and where",
    positional: [],
    input: nothing,
    async run({ chosenModel, foundation }, _input, by) {
      await foundation.ledger.commit([], { ...by, action: "settings.read", outcome: "ok", target: "model" });
      return withoutKey(await chosenModel.settings());
    },
    print: toLines,
  }),
  command({
    name: "model set",
    summary: "sets the model; asks for what is not given, and for the key without showing it",
    positional: [],
    input: modelSettings,
    async run({ chosenModel }, input, by) {
      await chosenModel.set(input, by);
      return withoutKey(input);
    },
    print: (settings) => ["From the next message on:", ...toLines(settings)],
  }),
  command({
    name: "usage",
    summary: "shows what a person used, day by day",
    positional: ["person?"],
    input: z.strictObject({ person: z.string().min(1).optional() }),
    async run({ people, foundation }, input, by) {
      const wanted = input.person ?? by.who;
      const person = wanted === "" ? await people.firstOwner() : await people.find(wanted);
      await foundation.ledger.commit([], { ...by, action: "usage.read", outcome: "ok", target: person.id });
      return usageOf(foundation, person.id);
    },
    print: (days) => table([["DAY", "REQUESTS", "INPUT TOKENS", "OUTPUT TOKENS"], ...days.map((day) => [day.day, String(day.requests), String(day.inputTokens), String(day.outputTokens)])]),
  }),
  command({
    name: "settings show",
    summary: "shows the limits in force",
    positional: [],
    input: nothing,
    async run({ settings, foundation }, _input, by) {
      await foundation.ledger.commit([], { ...by, action: "settings.read", outcome: "ok" });
      return { ...settings.chat, ...settings.sessions };
    },
    print: toLines,
  }),
  command({
    name: "audit verify",
    summary: "checks the audit log from its first record to its newest, and the store against it",
    positional: [],
    input: nothing,
    async run({ foundation: { ledger, store }, heads, people, ring }, _input, by) {
      const verdict = await ledger.verify();
      if (!verdict.intact) throw broken(`the audit log breaks at record ${verdict.seq}: ${verdict.fault}`);
      const rollback = await findRollback(ledger, heads, ring);
      if (rollback) throw broken(rollback);
      const disagreements = await findDisagreements(store, ledger, people.list);
      if (disagreements.length > 0) throw broken(`the store does not say what the audit log says was done last: ${disagreements.slice(0, 20).join("; ")}`);
      await ledger.commit([], { ...by, action: "audit.read", outcome: "ok" });
      return { records: verdict.head.seq, head: verdict.head.hash, outside: heads.name };
    },
    print: ({ records, head, outside }) => [`The audit log is intact: ${records} records, none missing by what ${outside} knows. Head: ${head}`],
  }),
  command({
    name: "audit show",
    summary: "shows the newest audit records",
    positional: [],
    input: z.strictObject({ last: z.coerce.number().int().min(1).max(1000).default(50) }),
    async run({ foundation: { ledger } }, input, by) {
      await ledger.commit([], { ...by, action: "audit.read", outcome: "ok" });
      const head = await ledger.head();
      const rows = await ledger.page(Math.max(0, (head?.seq ?? 0) - input.last), input.last);
      return rows.flatMap(({ record }) => parseRecord(record) ?? []);
    },
    print: (records) =>
      table([["#", "AT", "WHO", "SURFACE", "ACTION", "OUTCOME", "DETAILS"], ...records.map(({ seq, at, who, surface, action, outcome, reason, target, to, sizes, details }) => [String(seq), at, who.slice(0, 8) || "-", surface, action, outcome, [reason, target, to && `to ${to}`, details && JSON.stringify(details), sizes && JSON.stringify(sizes)].filter(Boolean).join(" ")])]),
  }),
] as const;
