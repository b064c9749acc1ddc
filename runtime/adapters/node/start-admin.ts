/** First file of `npm run admin`: switches the compile cache on before anything large is loaded. */
import { enableCompileCache } from "node:module";
import { join } from "node:path";

enableCompileCache(join(import.meta.dirname, "cache"));
const { admin } = await import("./admin.ts");
await admin(process.argv.slice(2));
