import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { estimateTokenCount } from "tokenx";
import { messageTarget, withServers } from "./rig.ts";
import { counted } from "./statistics.ts";
import { answerIn, takeTurn } from "./turn.ts";
import type { Figure } from "./figure.ts";
import type { Prepared, Rig } from "./rig.ts";

/** What is sent with every message, and what a browser loads. */
export async function measureSize(rig: Rig, prepared: Prepared): Promise<Figure[]> {
  return [
    { what: "fixed prompt", unit: "tokens", holdfast: counted(await fixedPromptTokens(prepared)), judged: { by: "value", limit: 300 } },
    { what: "page, compressed, all assets", unit: "KB", holdfast: counted(compressedBytes(join(rig.root, "dist", "web")) / 1000), judged: { by: "value", limit: 60 } },
  ];
}

/** Everything that reached the provider with the first message of a conversation, apart from that message. */
async function fixedPromptTokens(prepared: Prepared): Promise<number> {
  return withServers([prepared.program], async (server) => {
    if (server === undefined) throw new Error("a server is needed");
    const { reply } = await takeTurn(messageTarget(server, prepared), "[[echo]]");
    const messages = JSON.parse(answerIn(reply)) as { role: string; content: unknown }[];
    const last = messages.pop();
    if (last?.role !== "user" || last.content !== "[[echo]]") throw new Error(`the message did not arrive last and unchanged: ${JSON.stringify(last)}`);
    return messages.reduce((sum, { content }) => sum + estimateTokenCount(typeof content === "string" ? content : JSON.stringify(content)), 0);
  });
}

/** The sum of the `.br` files; an asset that has none is compressed here, so that none is left out. The manifest is for the server alone. */
function compressedBytes(folder: string): number {
  if (!existsSync(folder)) throw new Error("dist/web is not there; run npm run build first");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const assets = files.filter((file) => !/(?:\.gz|\.zst|\.map|\/manifest\.json)$/u.test(file) && !files.includes(`${file}.br`));
  return assets.reduce((sum, file) => sum + (file.endsWith(".br") ? statSync(file).size : brotliCompressSync(readFileSync(file)).length), 0);
}
