import { memoryHeads } from "../support/memory-heads.ts";
import { describe, expect, it } from "vitest";
import { modelSettings } from "../../runtime/models/model-settings.ts";
import { createServices } from "../../runtime/services.ts";
import { expectRefused, hostileStore } from "./hostile-store.ts";

const by = { who: "", surface: "system" } as const;

describe("wrapped data keys that somebody with access to the key store", () => {
  it("swapped between people open nothing", async () => {
    const { ada, bob, keyStore, fetch } = await hostileStore();
    const [adasKey, bobsKey] = [`people/${ada.person.id}`, `people/${bob.person.id}`];
    const [a, b] = [keyStore.files.get(adasKey), keyStore.files.get(bobsKey)];
    keyStore.files.set(adasKey, b ?? new Uint8Array());
    keyStore.files.set(bobsKey, a ?? new Uint8Array());
    for (const { browser, one } of [ada, bob]) {
      await expectRefused(fetch("/api/conversations", { headers: browser }), "store_corrupt");
      await expectRefused(fetch(`/api/conversations/${one}`, { headers: browser }), "store_corrupt");
    }
  });

  it("took away are missed, at once", async () => {
    const { ada, keyStore, fetch } = await hostileStore();
    expect((await fetch("/api/conversations", { headers: ada.browser })).status).toBe(200);
    keyStore.files.delete(`people/${ada.person.id}`);
    await expectRefused(fetch("/api/conversations", { headers: ada.browser }), "key_missing");
  });

  it.each([
    ["no text", 0x80, ["500 store_corrupt"]],
    // The ring holds no key of the id that is there now; the log says which.
    ["other text", 0x01, ["500 key_missing", "500 store_corrupt"]],
  ])("changed in any byte open nothing, also when the id of their ring key is %s", async (_what, bit, expected) => {
    const { ada, keyStore, fetch, lines } = await hostileStore();
    const path = `people/${ada.person.id}`;
    const wrapped = keyStore.files.get(path) ?? new Uint8Array();
    const refusals = new Set<string>();
    for (let index = 0; index < wrapped.length; index += 1) {
      keyStore.files.set(path, wrapped.with(index, (wrapped[index] ?? 0) ^ bit));
      const response = await fetch("/api/conversations", { headers: ada.browser });
      refusals.add(`${response.status} ${String(((await response.json()) as { reason: unknown }).reason)}`);
    }
    expect([...refusals].toSorted()).toEqual(expected);
    expect(lines.filter((line) => line.includes("the key ring does not hold key")).length > 0).toBe(expected.includes("500 key_missing"));
  });

  it("cut short open nothing, at every length", async () => {
    const { ada, keyStore, fetch } = await hostileStore();
    const path = `people/${ada.person.id}`;
    const wrapped = keyStore.files.get(path) ?? new Uint8Array();
    for (let length = 0; length < wrapped.length; length += 1) {
      keyStore.files.set(path, wrapped.slice(0, length));
      await expectRefused(fetch("/api/conversations", { headers: ada.browser }), "store_corrupt");
    }
  });
});

describe("the stored model settings", () => {
  const provider = modelSettings.parse({ provider: "openai-compatible", name: "m", baseUrl: "https://api.example.eu/v1", apiKey: "sk-not-for-anybody" });

  async function configured() {
    const hostile = await hostileStore();
    const { store, keyStore, ring, clock, services } = hostile;
    await services.chosenModel.set(provider, by);
    const again = createServices({ store, keyStore, ring, heads: memoryHeads(), clock, settings: services.settings, fetch: () => Promise.reject(new Error("no network in this test")) });
    return { ...hostile, chosenModel: again.chosenModel };
  }

  it("replaced by a person's sealed bytes are refused", async () => {
    const { chosenModel, change } = await configured();
    await change("UPDATE settings SET sealed = (SELECT sealed FROM people LIMIT 1)");
    // Where the id of a ring key would be there is one byte of a nonce: text, or none.
    await expect(chosenModel.current()).rejects.toThrow(/^sealed in an unknown format$|^the key ring does not hold key "[^]", which sealed setting model: /);
  });

  it("replaced by a wrapped data key are refused: it was sealed for another place", async () => {
    const { chosenModel, change, keyStore } = await configured();
    await change("UPDATE settings SET sealed = ?", [...keyStore.files.values()][0] ?? null);
    await expect(chosenModel.current()).rejects.toMatchObject({ name: "IntegrityError", message: "setting model: the sealed bytes do not belong here, were changed, or belong to another key ring" });
  });

  it("under another name are not read", async () => {
    const { chosenModel, change } = await configured();
    await change("UPDATE settings SET name = 'other'");
    expect(await chosenModel.settings()).toEqual({ provider: "demo" });
  });

  it("hold the provider's key sealed", async () => {
    const { chosenModel, rows } = await configured();
    expect(await chosenModel.settings()).toEqual(provider);
    const [row] = await rows("SELECT sealed FROM settings");
    expect(Buffer.from(row?.["sealed"] as Uint8Array).includes("sk-not")).toBe(false);
  });
});
