/** First file of `npm start`: switches the compile cache on before anything large is loaded. */
import { enableCompileCache } from "node:module";
import { join } from "node:path";

enableCompileCache(join(import.meta.dirname, "cache"));
const { main } = await import("./main.ts");
await main(join(import.meta.dirname, "web"));
