import { describe, expect, it } from "vitest";
import { parseRecord } from "../../runtime/audit/chain.ts";
import { findRollback, keepHead } from "../../runtime/audit/outside-head.ts";
import { createLedger } from "../../runtime/audit/ledger.ts";
import { memoryHeads } from "../support/memory-heads.ts";
import { createTestApp } from "../support/test-app.ts";

const by = { who: "", surface: "system" } as const;
const entry = (target: string) => ({ ...by, action: "audit.read", outcome: "ok", target }) as const;

async function audited(records: number) {
  const test = await createTestApp();
  const { ledger } = test.services.foundation;
  for (let n = 1; n <= records; n += 1) await ledger.commit([], entry(`record ${n}`));
  return { ...test, ledger, change: (sql: string) => test.store.write([{ sql, params: [] }]) };
}

describe("the ledger", () => {
  it("writes what happened, when, and after what, in one line of JSON", async () => {
    const { ledger } = await audited(2);
    const [first, second] = await ledger.page(0, 10);
    expect(first?.record).toBe(`{"seq":1,"at":"2026-11-22T12:00:00.000Z","who":"","surface":"system","action":"audit.read","outcome":"ok","target":"record 1","previous":"${"0".repeat(64)}"}`);
    expect(parseRecord(second?.record ?? "")).toMatchObject({ seq: 2, target: "record 2", previous: first?.hash });
  });

  it("keeps the order of commits that were made at once", async () => {
    const { ledger } = await audited(0);
    await Promise.all(Array.from({ length: 40 }, (_, n) => ledger.commit([], entry(String(n)))));
    const targets = (await ledger.page(0, 100)).map(({ record }) => parseRecord(record)?.target);
    expect(targets).toEqual(Array.from({ length: 40 }, (_, n) => String(n)));
  });

  it("refuses one commit among many that were made at once, and no other", async () => {
    const { ledger, store } = await audited(0);
    const add = (id: string) => ({ sql: "INSERT INTO people (id, created_at, sealed) VALUES (?, 0, x'00')", params: [id] });
    const commits = ["a", "b", "a", "c", "d", "c", "e"].map((id) => ledger.commit([add(id)], entry(id)));
    const results = await Promise.allSettled(commits);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(await store.read([{ sql: "SELECT id FROM people ORDER BY id", params: [] }])).toEqual([["a", "b", "c", "d", "e"].map((id) => ({ id }))]);
    expect((await ledger.page(0, 100)).map(({ record }) => parseRecord(record)?.target)).toEqual(["a", "b", "c", "d", "e"]);
    expect(await ledger.verify()).toMatchObject({ intact: true, head: { seq: 5 } });
  });

  it("appends nothing when there is nothing to append", async () => {
    const { ledger } = await audited(1);
    await ledger.commit([]);
    expect((await ledger.head())?.seq).toBe(1);
  });

  it("verifies more records than it reads at once, and names one that was changed beyond the first page", async () => {
    const { ledger, change } = await audited(0);
    await ledger.commit([], ...Array.from({ length: 1_203 }, (_, n) => entry(String(n))));
    expect(await ledger.verify()).toMatchObject({ intact: true, head: { seq: 1_203 } });
    await change("UPDATE audit SET record = replace(record, 'ok', 'ko') WHERE seq = 777");
    expect(await ledger.verify()).toEqual({ intact: false, seq: 777, fault: "its text was changed" });
  });

  it.each([
    ["removed", "DELETE FROM audit WHERE seq = 2", { seq: 2, fault: "record 2 is missing: 3 comes after 1" }],
    ["replaced by the one after it", "UPDATE audit SET record = (SELECT record FROM audit WHERE seq = 3), hash = (SELECT hash FROM audit WHERE seq = 3), signature = (SELECT signature FROM audit WHERE seq = 3) WHERE seq = 2", { seq: 2, fault: "it does not follow the record before it" }],
    ["signed anew with nobody's key", "UPDATE audit SET signature = replace(signature, substr(signature, 5, 1), CASE substr(signature, 5, 1) WHEN 'A' THEN 'B' ELSE 'A' END) WHERE seq = 2", { seq: 2, fault: "its signature does not hold" }],
    ["emptied", "UPDATE audit SET record = '', hash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' WHERE seq = 2", { seq: 2, fault: "it does not follow the record before it" }],
  ])("notices a record that was %s", async (_what, sql, fault) => {
    const { ledger, change } = await audited(3);
    await change(sql);
    expect(await ledger.verify()).toEqual({ intact: false, ...fault });
  });

  it("goes on after a record that was changed, and still names that one", async () => {
    const { ledger, change, store, ring, clock } = await audited(3);
    await change("UPDATE audit SET record = replace(record, 'record 3', 'record x'), hash = 'made up' WHERE seq = 3");
    const restarted = createLedger(store, ring, clock);
    await restarted.commit([], entry("after"));
    expect(await ledger.verify()).toEqual({ intact: false, seq: 3, fault: "its text was changed" });
  });
});

describe("a head that is kept outside", () => {
  async function kept(records: number) {
    const test = await audited(records);
    const keeper = memoryHeads();
    await keepHead(test.ledger, keeper, test.clock);
    return { ...test, keeper, look: () => findRollback(createLedger(test.store, test.ring, test.clock), keeper, test.ring) };
  }

  it("agrees with a log that went on", async () => {
    const { ledger, keeper, look } = await kept(3);
    await ledger.commit([], entry("more"));
    expect(await look()).toBeUndefined();
    expect(keeper.heads).toMatchObject([{ seq: 3 }]);
  });

  it("is written once for the same record", async () => {
    const { ledger, keeper, clock } = await kept(3);
    await keepHead(ledger, keeper, clock);
    expect(keeper.heads).toHaveLength(1);
  });

  it("tells of a log that was cut short, which verifies by itself", async () => {
    const { ledger, keeper, change, look } = await kept(3);
    await change("DELETE FROM audit WHERE seq > 1");
    expect(await ledger.verify()).toMatchObject({ intact: true, head: { seq: 1 } });
    expect(await look()).toBe(`the audit log ends before record 3, which ${keeper.name} knows: the store was cut short, or put back from an older copy`);
  });

  it("tells of a log that was cut short and went on", async () => {
    const { keeper, change, store, ring, clock, look } = await kept(3);
    await change("DELETE FROM audit WHERE seq > 1");
    const restarted = createLedger(store, ring, clock);
    for (const target of ["a", "b", "c"]) await restarted.commit([], entry(target));
    expect(await restarted.verify()).toMatchObject({ intact: true, head: { seq: 4 } });
    expect(await look()).toBe(`record 3 of the audit log is not the one that ${keeper.name} knows`);
  });

  it("tells of a log that is gone", async () => {
    const { change, look } = await kept(3);
    await change("DELETE FROM audit");
    expect(await look()).toContain("the audit log ends before record 3");
  });
});
