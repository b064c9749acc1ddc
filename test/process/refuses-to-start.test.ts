/** Data that does not fit together is refused with what to do about it, and left exactly as it was. */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startServerProcess } from "../support/server-process.ts";
import { refusedStart, snapshot, usedData } from "./support/refused-start.ts";

let data: Awaited<ReturnType<typeof usedData>>;
const at = (...names: string[]) => join(data.path, ...names);

beforeEach(async () => {
  data = await usedData();
});
afterEach(() => data.remove());

/** The message, on one line without a stack, with the directory as …; nothing else is printed and nothing is changed. */
async function refusal(): Promise<string> {
  const before = snapshot(data.path);
  const { code, stdout, stderr } = await refusedStart(data.path);
  expect(snapshot(data.path)).toEqual(before);
  expect({ code, stdout, start: stderr.slice(0, 24), stack: stderr.includes("    at ") }).toEqual({ code: 1, stdout: "", start: "holdfast did not start: ", stack: false });
  return stderr.slice(24).trimEnd().replaceAll(data.path, "…");
}

describe("the server does not start, and changes nothing, when", () => {
  it("the key ring is gone and there is data", async () => {
    rmSync(at("keyring.json"));
    expect(await refusal()).toBe("there is data in …, but its key ring …/keyring.json is gone: put it back from your copy. Without it nothing of the data can be read; to begin anew, move the directory aside");
  });

  it("the key ring is of other data", async () => {
    const other = await usedData();
    copyFileSync(join(other.path, "keyring.json"), at("keyring.json"));
    other.remove();
    expect(await refusal()).toMatch(/^the key ring does not hold key "w-[\w-]{8}", which sealed data key of person [\w-]{36}: put back the key ring that belongs to this data$/);
  });

  it.each([
    ["empty", ""],
    ["no JSON", "{"],
    ["other JSON", '{"format":"holdfast-keyring/1","wrapping":[],"signing":[]}'],
    ["of a format that is not known", '{"format":"holdfast-keyring/2"}'],
  ])("the key ring is %s", async (_, text) => {
    writeFileSync(at("keyring.json"), text);
    expect(await refusal()).toMatch(/^the key ring is damaged \(.*\): put back the copy that belongs to this data$/);
  });

  it("a key of the key ring is cut short, and no key is shown", async () => {
    const ring = JSON.parse(readFileSync(at("keyring.json"), "utf8")) as { wrapping: { secret: string }[]; signing: { secret: string }[] };
    const [wrapping, signing] = [ring.wrapping[0], ring.signing[0]];
    if (!wrapping || !signing) throw new Error("an empty key ring");
    const secret = wrapping.secret.slice(0, 20);
    writeFileSync(at("keyring.json"), JSON.stringify({ ...ring, wrapping: [{ ...wrapping, secret }] }));
    const short = await refusal();
    expect(short).toMatch(/^key w-[\w-]{8} of the key ring has 15 bytes, must have 32$/);
    writeFileSync(at("keyring.json"), JSON.stringify({ ...ring, signing: [{ ...signing, secret: signing.secret.slice(0, 20) }] }));
    const signer = await refusal();
    expect(signer).toMatch(/^key s-[\w-]{8} of the key ring is not an Ed25519 private key$/);
    expect(short + signer).not.toContain(secret);
  });

  it("others can read the key ring", async () => {
    chmodSync(at("keyring.json"), 0o640);
    expect(await refusal()).toBe('the key ring …/keyring.json can be read by others (mode 640): run chmod 600 "…/keyring.json", and change the secrets in it if others had access');
  });

  it("the key store is gone", async () => {
    rmSync(at("keys"), { recursive: true });
    expect(await refusal()).toMatch(/^the keys in …\/keys do not belong to this data: /);
  });

  it("a key in the key store is cut short", async () => {
    const [person = ""] = readdirSync(at("keys", "people"));
    truncateSync(at("keys", "people", person), 20);
    expect(await refusal()).toMatch(/^the key ring …\/keyring\.json does not open the keys in …\/keys \(.*\): put back the ones that belong together$/);
  });

  it.each([
    ["no store at all", () => Buffer.from("not a database, but long enough to be one".repeat(200))],
    ["a store whose every page but the first is overwritten", (store: Buffer) => Buffer.concat([store.subarray(0, 4096), Buffer.alloc(store.length - 4096, 0xa5)])],
    ["half a store", (store: Buffer) => store.subarray(0, 4096 * 8)],
  ])("there is %s", async (_, damaged) => {
    writeFileSync(at("store.sqlite"), damaged(readFileSync(at("store.sqlite"))));
    expect(await refusal()).toMatch(/^the store …\/store\.sqlite is damaged \(.*\): keep it as it is, and put back a backup beside its key ring$/);
  });

  it("the store was written by a newer version", async () => {
    const store = new DatabaseSync(at("store.sqlite"));
    store.exec("INSERT INTO schema_version (version) VALUES (1000)");
    store.close();
    expect(await refusal()).toBe("the data was written by a newer Holdfast (schema 1000, this one knows 1): install that version or a newer one");
  });

  it("the store is a folder", async () => {
    rmSync(at("store.sqlite"));
    mkdirSync(at("store.sqlite"));
    expect(await refusal()).toMatch(/^the store …\/store\.sqlite cannot be opened \(.*\): check its owner and mode, and that no other program holds it$/);
  });
});

it("a store with one damaged page is refused in words or runs, never ends in a stack", { timeout: 120_000 }, async () => {
  const store = readFileSync(at("store.sqlite"));
  for (let page = 0; page < store.length / 4096; page += 1) {
    const damaged = Buffer.from(store);
    damaged.fill(0xa5, page * 4096, (page + 1) * 4096);
    writeFileSync(at("store.sqlite"), damaged);
    const { code, stderr } = await refusedStart(data.path);
    // null: it ran, and was ended by the test.
    expect({ page, code: code ?? 1, stderr }).toEqual({ page, code: 1, stderr: code === 1 ? expect.stringMatching(/^holdfast did not start: the store .* is damaged/) : expect.not.stringContaining("    at ") });
    for (const rest of ["store.sqlite-wal", "store.sqlite-shm", "running.json"]) rmSync(at(rest), { force: true });
  }
});

it("after each of these the data works again once it is put right", async () => {
  const ring = readFileSync(at("keyring.json"));
  writeFileSync(at("keyring.json"), "damaged");
  await refusal();
  writeFileSync(at("keyring.json"), ring);
  const server = await startServerProcess(data.path);
  expect(await server.stop()).toBe(0);
});
