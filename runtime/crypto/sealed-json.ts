/** Values sealed as JSON. What opens was written by this runtime for this very place, so its shape is trusted. */
import { fromUtf8, sameBytes, utf8 } from "./bytes.ts";
import type { Bytes } from "./bytes.ts";
import { IntegrityError, open, seal } from "./envelope.ts";
import type { Binding, DataKey } from "./envelope.ts";
import type { SqlValue } from "../ports.ts";

export function sealJson(dataKey: DataKey, binding: Binding, value: unknown): Promise<Bytes> {
  return seal(dataKey, binding, utf8(JSON.stringify(value)));
}

/** @throws {IntegrityError} when the column does not hold what was sealed for this binding */
export async function openJson<T>(dataKey: DataKey, binding: Binding, column: SqlValue | undefined): Promise<T> {
  if (!(column instanceof Uint8Array)) throw new IntegrityError(`${binding.kind} ${binding.record}: there are no sealed bytes`);
  return JSON.parse(fromUtf8(await open(dataKey, binding, column))) as T;
}

/** Rows that were opened before; some hundred bytes each. */
const REMEMBERED_AT_MOST = 2048;

/**
 * Opens rows that are looked at with every request and seldom change: who somebody is, and by which session or key. The same bytes in the
 * same place give the same value, so it is opened once. Everybody gets the same one, so nobody may change it. For kinds whose record is unique to a person.
 */
export function createOpener(): typeof openJson {
  const opened = new Map<string, { readonly dataKey: DataKey; readonly bytes: Uint8Array; readonly value: unknown }>();
  return async <T>(dataKey: DataKey, binding: Binding, column: SqlValue | undefined): Promise<T> => {
    const place = `${binding.kind} ${binding.person} ${binding.record}`;
    const before = opened.get(place);
    if (before && column instanceof Uint8Array && before.dataKey === dataKey && sameBytes(before.bytes, column)) return before.value as T;
    const value = Object.freeze(await openJson<T>(dataKey, binding, column));
    if (opened.size >= REMEMBERED_AT_MOST) opened.clear();
    if (column instanceof Uint8Array) opened.set(place, { dataKey, bytes: column, value });
    return value;
  };
}
