/** What goes to the provider for one turn, written down with the turn before it is sent, so that no crash leaves a gap in it. */
import type { Binding, DataKey } from "../crypto/envelope.ts";
import type { Bytes } from "../crypto/bytes.ts";
import { openJson, sealJson } from "../crypto/sealed-json.ts";
import type { ModelInfo, ModelParameters, Row } from "../ports.ts";
import type { Owner } from "./messages.ts";

/** Messages are named by sequence: they never change, so the record is exact without a copy. */
export interface SentRecord {
  readonly model: ModelInfo;
  readonly system: string;
  readonly messages: readonly number[];
  readonly maxOutputTokens: number;
  readonly parameters?: ModelParameters;
}

/** @param askSeq sequence of the message that the turn answers */
export function sealSent(dataKey: DataKey, owner: Owner, turn: string, askSeq: number, record: SentRecord): Promise<Bytes> {
  return sealJson(dataKey, binding(owner, turn, askSeq), record);
}

/** @param turn a row of a turn whose content is kept @throws {IntegrityError} when it is not the one that was stored */
export function openSent(dataKey: DataKey, owner: Owner, turn: Row): Promise<SentRecord> {
  return openJson<SentRecord>(dataKey, binding(owner, String(turn["id"]), Number(turn["ask_seq"])), turn["sealed"]);
}

function binding({ person, conversation }: Owner, record: string, sequence: number): Binding {
  return { person, conversation, record, kind: "turn", role: "", sequence };
}
