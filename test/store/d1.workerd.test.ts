import { env } from "cloudflare:workers";
import { createD1Store } from "../../runtime/store/d1.ts";
import { constraintContract } from "./contract-constraints.ts";
import { productContract } from "./contract-product.ts";
import { storeContract } from "./contract.ts";
import type { Driver } from "./driver.ts";

const driver: Driver = {
  name: "D1 in workerd",
  async open() {
    const store = createD1Store(env.DB);
    const [tables = []] = await store.read([{ sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*'", params: [] }]);
    await store.write(tables.map(({ name }) => ({ sql: `DROP TABLE "${String(name)}"`, params: [] })));
    return { store, other: createD1Store(env.DB) };
  },
};

storeContract(driver);
constraintContract(driver);
productContract(driver);
