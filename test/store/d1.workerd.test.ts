import { env } from "cloudflare:workers";
import { createD1Store } from "../../runtime/store/d1.ts";
import { storeContract } from "./contract.ts";

storeContract("D1 in workerd", async () => createD1Store(env.DB));
