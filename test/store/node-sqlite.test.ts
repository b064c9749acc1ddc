import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openNodeStore } from "../../runtime/store/node-sqlite.ts";
import { temporaryData } from "../support/server-process.ts";
import { constraintContract } from "./contract-constraints.ts";
import { productContract } from "./contract-product.ts";
import { storeContract } from "./contract.ts";
import type { Driver } from "./driver.ts";

const driver: Driver = {
  name: "node:sqlite",
  async open() {
    const folder = temporaryData();
    const path = join(folder.path, "store.sqlite");
    const [store, other] = [openNodeStore(path), openNodeStore(path)];
    onTestFinished(() => {
      store.close();
      other.close();
      folder.remove();
    });
    return { store, other };
  },
};

storeContract(driver);
constraintContract(driver);
productContract(driver);
