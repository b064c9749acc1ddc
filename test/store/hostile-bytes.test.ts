import { describe, expect, it } from "vitest";
import { expectRefused, hostileStore } from "./hostile-store.ts";
import type { HostileStore } from "./hostile-store.ts";

/** Every sealed column of Ada's, and a request that needs it. */
const columns: readonly (readonly [string, string, (hostile: HostileStore) => Promise<Response>])[] = [
  ["a message", "messages SET sealed = ? WHERE seq = 0 AND conversation_id = (SELECT id FROM conversations WHERE person_id = ? ORDER BY created_at LIMIT 1)", ({ fetch, ada }) => fetch(`/api/conversations/${ada.one}`, { headers: ada.browser })],
  ["a conversation", "conversations SET sealed = ? WHERE id = (SELECT id FROM conversations WHERE person_id = ? ORDER BY created_at LIMIT 1)", ({ fetch, ada }) => fetch("/api/conversations", { headers: ada.browser })],
  ["a person", "people SET sealed = ? WHERE id = ?", ({ fetch, ada }) => fetch("/api/me", { headers: ada.browser })],
  ["a session", "sessions SET sealed = ? WHERE person_id = ?", ({ fetch, ada }) => fetch("/api/me", { headers: ada.browser })],
];

async function original({ rows, ada }: HostileStore, update: string): Promise<Uint8Array> {
  const [, table, where] = /^(\w+) SET sealed = \? WHERE (.*)$/.exec(update) ?? [];
  const [row] = await rows(`SELECT sealed FROM ${table} WHERE ${where}`, ada.person.id);
  return row?.["sealed"] as Uint8Array;
}

describe.each(columns)("the sealed bytes of %s", (_what, update, use) => {
  it("are refused when they were cut short, at every length", async () => {
    const hostile = await hostileStore();
    const bytes = await original(hostile, update);
    for (let length = 0; length < bytes.length; length += 1) {
      await hostile.change(`UPDATE ${update}`, bytes.slice(0, length), hostile.ada.person.id);
      await expectRefused(use(hostile), "store_corrupt");
    }
    await hostile.change(`UPDATE ${update}`, bytes, hostile.ada.person.id);
    expect((await use(hostile)).status).toBe(200);
  });

  it("are refused in every other format and key generation than they were sealed in", async () => {
    const hostile = await hostileStore();
    const bytes = await original(hostile, update);
    expect([bytes[0], bytes[1]]).toEqual([1, 1]);
    for (const [version, generation] of [[0, 1], [2, 1], [255, 1], [1, 0], [1, 2]]) {
      const other = Uint8Array.from(bytes);
      other.set([version ?? 0, generation ?? 0]);
      await hostile.change(`UPDATE ${update}`, other, hostile.ada.person.id);
      await expectRefused(use(hostile), "store_corrupt");
    }
  });

  it("are refused when bytes were added, in front or behind", async () => {
    const hostile = await hostileStore();
    const bytes = await original(hostile, update);
    for (const other of [Uint8Array.of(0, ...bytes), Uint8Array.of(...bytes, 0), Uint8Array.of(...bytes, ...bytes)]) {
      await hostile.change(`UPDATE ${update}`, other, hostile.ada.person.id);
      await expectRefused(use(hostile), "store_corrupt");
    }
  });
});
