/** Values sealed as JSON. What opens was written by this runtime for this very place, so its shape is trusted. */
import { fromUtf8, utf8 } from "./bytes.ts";
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
