import { openNodeStore } from "../../runtime/store/node-sqlite.ts";
import { storeContract } from "./contract.ts";

storeContract("node:sqlite", async () => openNodeStore(":memory:"));
