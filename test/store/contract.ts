/** What every store must do. Each driver's test runs all of it. */
import { describe, expect, it } from "vitest";
import type { SqlValue, Store } from "../../runtime/ports.ts";
import { ConstraintError } from "../../runtime/store/errors.ts";
import { migrate } from "../../runtime/store/schema.ts";
import type { Driver } from "./driver.ts";

const create = { sql: "CREATE TABLE t (k INTEGER PRIMARY KEY, i INTEGER, x TEXT, b BLOB) STRICT", params: [] };

function insert(k: number, name: "i" | "x" | "b", value: SqlValue) {
  return { sql: `INSERT INTO t (k, ${name}) VALUES (?, ?)`, params: [k, value] };
}

async function column(store: Store, name: "i" | "x" | "b"): Promise<unknown[]> {
  const [rows = []] = await store.read([{ sql: `SELECT ${name} FROM t ORDER BY k`, params: [] }]);
  return rows.map((row) => row[name]);
}

export function storeContract({ name, open }: Driver): void {
  describe(`a store on ${name}`, () => {
    it("returns the rows of each read, in order", async () => {
      const { store } = await open();
      const rows = await store.read([
        { sql: "SELECT ? AS a", params: ["x"] },
        { sql: "SELECT 1 AS b UNION SELECT 2 ORDER BY b", params: [] },
      ]);
      expect(rows).toEqual([[{ a: "x" }], [{ b: 1 }, { b: 2 }]]);
    });

    it("does nothing when there is nothing to do", async () => {
      const { store } = await open();
      expect(await store.read([])).toEqual([]);
      expect(await store.write([])).toEqual([]);
    });

    it("gives bytes back as a Uint8Array, byte by byte", async () => {
      const { store } = await open();
      const values = [new Uint8Array(), Uint8Array.from({ length: 256 }, (_, byte) => byte), new Uint8Array(70_000).fill(255)];
      await store.write([create, ...values.map((value, k) => insert(k, "b", value))]);
      const found = await column(store, "b");
      expect(found.map((value) => value instanceof Uint8Array)).toEqual([true, true, true]);
      expect(found.map((value) => [...(value as Uint8Array)])).toEqual(values.map((value) => [...value]));
    });

    it("stores the bytes of a view, and not of the buffer beneath it", async () => {
      const { store } = await open();
      await store.write([create, insert(0, "b", Uint8Array.of(9, 1, 2, 9).subarray(1, 3))]);
      expect(await column(store, "b")).toEqual([Uint8Array.of(1, 2)]);
    });

    it("gives nothing back as null, in every column", async () => {
      const { store } = await open();
      await store.write([create, insert(0, "i", null)]);
      expect(await store.read([{ sql: "SELECT i, x, b FROM t", params: [] }])).toEqual([[{ i: null, x: null, b: null }]]);
    });

    it("keeps whole numbers up to 2^53 - 1 exactly", async () => {
      const { store } = await open();
      const values = [0, -1, 2 ** 31, 1_795_000_000_000, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
      await store.write([create, ...values.map((value, k) => insert(k, "i", value))]);
      expect(await column(store, "i")).toEqual(values);
    });

    it("keeps text of any script, and empty text", async () => {
      const { store } = await open();
      const values = ["", "Zürich — 東京 \u{1F511}", "'; DROP TABLE t; --", "line\r\nline\t\u0001\u202E"];
      await store.write([create, ...values.map((value, k) => insert(k, "x", value))]);
      expect(await column(store, "x")).toEqual(values);
    });

    it("says how many rows each statement changed", async () => {
      const { store } = await open();
      await store.write([create]);
      const changes = await store.write([
        insert(1, "i", 5),
        { sql: "INSERT INTO t (k, i) VALUES (2, 5), (3, 6)", params: [] },
        { sql: "UPDATE t SET i = 7 WHERE i = ?", params: [5] },
        { sql: "UPDATE t SET i = 7 WHERE k = 99", params: [] },
        { sql: "INSERT INTO t (k, i) VALUES (1, 8) ON CONFLICT DO UPDATE SET i = excluded.i", params: [] },
        { sql: "DELETE FROM t WHERE k < ?", params: [3] },
      ]);
      expect(changes).toEqual([1, 2, 2, 0, 1, 2]);
    });

    it("applies all of a batch or nothing", async () => {
      const { store } = await open();
      await store.write([create]);
      await expect(store.write([insert(1, "i", 1), insert(2, "i", 2), insert(1, "i", 3)])).rejects.toThrow(ConstraintError);
      expect(await column(store, "i")).toEqual([]);
    });

    it("applies nothing of a batch whose last statement is no SQL, and works on", async () => {
      const { store } = await open();
      await store.write([create]);
      await expect(store.write([insert(1, "i", 1), { sql: "SELEC", params: [] }])).rejects.toThrow(/syntax error/);
      await store.write([insert(2, "i", 2)]);
      expect(await column(store, "i")).toEqual([2]);
    });

    it("sees in one batch what its earlier statements changed", async () => {
      const { store } = await open();
      await store.write([create, insert(1, "i", 41), { sql: "UPDATE t SET i = (SELECT MAX(i) + 1 FROM t)", params: [] }]);
      expect(await column(store, "i")).toEqual([42]);
    });

    it("shows a write to another connection as soon as it is acknowledged", async () => {
      const { store, other } = await open();
      await store.write([create, insert(1, "i", 1)]);
      expect(await column(other, "i")).toEqual([1]);
    });

    it("takes the writes of two at once, all of them", async () => {
      const { store, other } = await open();
      await store.write([create, insert(0, "i", 0)]);
      const add = { sql: "UPDATE t SET i = i + 1", params: [] };
      await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? store : other).write([add, add])));
      expect(await column(store, "i")).toEqual([40]);
    });

    it("takes a hundred parameters in one statement", async () => {
      const { store } = await open();
      const params = Array.from({ length: 100 }, (_, index) => index + 1);
      expect(await store.read([{ sql: `SELECT ${params.map(() => "?").join(" + ")} AS sum`, params }])).toEqual([[{ sum: 5050 }]]);
    });

    it("keeps a row of nearly 2 MB", async () => {
      const { store } = await open();
      const large = new Uint8Array(1_990_000).map((_, index) => index % 251);
      await store.write([create, insert(1, "b", large)]);
      const [found] = await column(store, "b");
      expect(Buffer.compare(found as Uint8Array, large)).toBe(0);
    });

    it("knows row numbers, running sums, JSON lists, row values and upserts", async () => {
      const { store } = await open();
      await store.write([create, ...[3, 1, 2].map((value, k) => insert(k, "i", value))]);
      const rows = await store.read([
        { sql: "WITH s AS (SELECT k, i FROM t) SELECT k, SUM(i) OVER (ORDER BY k DESC) - i AS newer FROM s ORDER BY k DESC", params: [] },
        { sql: "SELECT k FROM t WHERE i IN (SELECT value FROM json_each(?)) ORDER BY k", params: ["[1,3]"] },
        { sql: "SELECT k FROM t WHERE (i, k) < (?1, ?2) ORDER BY i DESC LIMIT ?3", params: [3, 0, 1] },
      ]);
      expect(rows).toEqual([[{ k: 2, newer: 0 }, { k: 1, newer: 2 }, { k: 0, newer: 3 }], [{ k: 0 }, { k: 1 }], [{ k: 2 }]]);
    });

    it("applies the migrations once", async () => {
      const { store, other } = await open();
      expect(await migrate(store)).toBe(0);
      expect(await migrate(store)).toBe(1);
      expect(await migrate(other)).toBe(1);
    });

    it("is refused when a newer version wrote it, and stays as it is", async () => {
      const { store } = await open();
      await migrate(store);
      await store.write([{ sql: "INSERT INTO schema_version (version) VALUES (7)", params: [] }]);
      await expect(migrate(store)).rejects.toThrow("the data was written by a newer Holdfast (schema 7, this one knows 1): install that version or a newer one");
      expect(await store.read([{ sql: "SELECT version FROM schema_version ORDER BY version", params: [] }])).toEqual([[{ version: 1 }, { version: 7 }]]);
    });
  });
}
