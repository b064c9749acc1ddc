/** What every store must do. Each driver's test runs all of it. */
import { describe, expect, it } from "vitest";
import type { Store } from "../../runtime/ports.ts";
import { ConstraintError } from "../../runtime/store/errors.ts";
import { migrate } from "../../runtime/store/schema.ts";

export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`a store on ${name}`, () => {
    it("returns the rows of each read, in order", async () => {
      const store = await open();
      const rows = await store.read([
        { sql: "SELECT ? AS a", params: ["x"] },
        { sql: "SELECT 1 AS b UNION SELECT 2 ORDER BY b", params: [] },
      ]);
      expect(rows).toEqual([[{ a: "x" }], [{ b: 1 }, { b: 2 }]]);
    });

    it("applies the migrations once", async () => {
      const store = await open();
      expect(await migrate(store)).toBe(0);
      expect(await migrate(store)).toBe(1);
    });

    it("applies all of a batch or nothing", async () => {
      const store = await open();
      await store.write([{ sql: "CREATE TABLE t (k INTEGER PRIMARY KEY) STRICT", params: [] }]);
      const batch = [1, 2, 1].map((k) => ({ sql: "INSERT INTO t (k) VALUES (?)", params: [k] }));
      await expect(store.write(batch)).rejects.toThrow(ConstraintError);
      expect(await store.read([{ sql: "SELECT k FROM t", params: [] }])).toEqual([[]]);
    });
  });
}
