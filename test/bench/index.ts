/**
 * `npm run bench`: Holdfast against a bare streaming proxy and a direct call, in one run, on the same Node and the same
 * fake model. `--quick` takes few samples, to see that the bench itself works; `--only start,one,many,size,long` runs a part.
 * Prints a table, writes test/output/bench.json and (a whole run) docs/bench.svg; exits 1 when a limit is missed.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isWithin, measured } from "./figure.ts";
import { measureLongStore } from "./long-store.ts";
import { measureManyStreams } from "./many-streams.ts";
import { measureOneClient } from "./one-client.ts";
import { plot } from "./plot.ts";
import { openRig } from "./rig.ts";
import { measureSize } from "./size.ts";
import { measureStartUp } from "./start-up.ts";
import { table } from "./table.ts";
import type { Figure } from "./figure.ts";
import type { Prepared, Rig } from "./rig.ts";

const { values: options } = parseArgs({ options: { quick: { type: "boolean", default: false }, only: { type: "string" } } });

/** Samples of each part, whole and quick. */
const parts: Record<string, (rig: Rig, prepared: Prepared) => Promise<Figure[]>> = {
  start: (rig, prepared) => measureStartUp(rig, prepared, options.quick ? 2 : 12),
  one: (rig, prepared) => measureOneClient(rig, prepared, options.quick ? 20 : 300),
  many: (rig, prepared) => measureManyStreams(rig, prepared, options.quick ? 1 : 9),
  size: (rig, prepared) => measureSize(rig, prepared),
  long: (rig) => measureLongStore(rig, options.quick ? 20_000 : 1_000_000, options.quick ? 20 : 200),
};

const wanted = options.only?.split(",") ?? Object.keys(parts);
const unknown = wanted.find((name) => !(name in parts));
if (unknown !== undefined) throw new Error(`--only takes ${Object.keys(parts).join(", ")}: got "${unknown}"`);

const figures = await measureAll();
const missed = figures.filter((figure) => isWithin(figure) === false);
const output = join(import.meta.dirname, "..", "output");
const on = `Node ${process.versions.node}, ${availableParallelism()} cores, ${new Date().toISOString().slice(0, 10)}`;
mkdirSync(output, { recursive: true });
writeFileSync(join(output, "bench.json"), `${JSON.stringify({ on, figures: figures.map((figure) => ({ ...figure, measured: measured(figure), ok: isWithin(figure) })) }, null, 2)}\n`);
if (!options.quick && options.only === undefined) {
  writeFileSync(join(import.meta.dirname, "..", "..", "docs", "bench.svg"), plot(figures, `${on}. Against a bare node:http streaming proxy, same run, same model.`));
}
console.log(`${table(figures)}\n${on}; p50 (p95)`);
console.log(missed.length === 0 ? "every limit holds" : `${missed.length} limits are missed: ${missed.map((figure) => figure.what).join(", ")}`);
process.exitCode = missed.length === 0 ? 0 : 1;

async function measureAll(): Promise<Figure[]> {
  const rig = await openRig();
  try {
    const prepared = await rig.prepare("data");
    const all: Figure[] = [];
    for (const name of wanted) {
      console.error(`measuring: ${name}`);
      all.push(...(await parts[name]?.(rig, prepared) ?? []));
    }
    return all;
  } finally {
    await rig.close();
  }
}
