/** Heads of the audit log that are kept outside: a log that was cut short is noticed, also by whoever can write their place. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync, appendFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openHeadFile } from "../../runtime/adapters/node/head-file.ts";
import { findRollback, keepHead } from "../../runtime/audit/outside-head.ts";
import { createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";

let t: TestApp;
let folder: string;
let path: string;

beforeEach(async () => {
  t = await createTestApp();
  folder = mkdtempSync(join(tmpdir(), "holdfast-heads-"));
  path = join(folder, "heads.jsonl");
  for (const name of ["Ada", "Bob", "Grace"]) await t.addPerson(name);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const keep = () => keepHead(t.services.foundation.ledger, openHeadFile(path), t.clock);
const look = () => findRollback(t.services.foundation.ledger, openHeadFile(path), t.ring);
const cutTo = (seq: number) => t.store.write([{ sql: "DELETE FROM audit WHERE seq > ?", params: [seq] }]);

describe("a file of heads", () => {
  it("holds each head once, for its owner alone, with a signature that the log's public key verifies", async () => {
    await keep();
    await keep();
    const lines = readFileSync(path, "utf8").trim().split("\n");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ at: "2026-11-22T12:00:00.000Z", seq: 3, keyId: t.ring.signing.id });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await look()).toBeUndefined();
  });

  it("agrees with a log that went on", async () => {
    await keep();
    await t.addPerson("Hedy");
    expect(await look()).toBeUndefined();
  });

  it("tells when the log was cut short", async () => {
    await keep();
    await cutTo(2);
    expect(await look()).toBe(`the audit log ends before record 3, which ${path} knows: the store was cut short, or put back from an older copy`);
  });

  it("tells when the log was cut short and went on differently", async () => {
    await keep();
    await cutTo(2);
    const other = await createTestApp({ beside: t });
    await other.addPerson("Mallory");
    expect(await look()).toBe(`record 3 of the audit log is not the one that ${path} knows`);
  });

  it("is not silenced by lines that nobody signed, nor by older ones", async () => {
    await keep();
    await cutTo(2);
    const other = await createTestApp({ beside: t });
    await keepHead(other.services.foundation.ledger, openHeadFile(path), t.clock);
    appendFileSync(path, `${JSON.stringify({ at: "", seq: 99, hash: "0".repeat(64), keyId: t.ring.signing.id, signature: "AAAA" })}\nnot a line at all\n{"seq":`);
    expect(await look()).toContain("the audit log ends before record 3");
  });

  it("that is gone, or holds nothing signed, is no comfort", async () => {
    const silence = `${path} holds no signed head, so nothing tells whether the audit log was cut short until now`;
    expect(await look()).toBe(silence);
    writeFileSync(path, "{}\n");
    expect(await look()).toBe(silence);
  });

  it("is read from its end, however long it grew", async () => {
    writeFileSync(path, `${"x".repeat(200)}\n`.repeat(5_000));
    await keep();
    expect(await look()).toBeUndefined();
    await cutTo(1);
    expect(await look()).toContain("ends before record 3");
  });
});
