import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runAdmin, temporaryData } from "../support/server-process.ts";
import { adminInTerminal, noTerminal } from "./support/terminal.ts";
import type { Step } from "./support/terminal.ts";

if (noTerminal !== undefined) console.warn(`skipped: ${noTerminal}`);

const KEY = "a-key-that-nobody-may-see";
const CTRL_C = "\u0003";

const answers: readonly Step[] = [
  ["Which provider?", "\r"],
  ["Address of its API?", "https://api.example.eu/v1\r"],
  ["Name of the model?", "some-model\r"],
  ["Region where it answers?", "eu\r"],
];

let data: ReturnType<typeof temporaryData>;
beforeEach(() => {
  data = temporaryData();
});
afterEach(() => data.remove());

describe.skipIf(noTerminal !== undefined)("model set, in a terminal", () => {
  it("asks for what it needs, and for the key without showing it", async () => {
    const { code, shown } = await adminInTerminal(data.path, ["model", "set"], [...answers, ["Your API key?", `${KEY}\r`]]);
    expect(code).toBe(0);
    expect(shown).toContain("https://api.example.eu/v1");
    for (let length = 4; length <= KEY.length; length += 1) expect(shown).not.toContain(KEY.slice(0, length));
    expect(await runAdmin(data.path, ["model", "show"])).toBe("provider  openai-compatible\nname      some-model\nbaseUrl   https://api.example.eu/v1\nregion    eu\napiKey    (stored)\n");
  });

  it("takes Enter for no key and no region", async () => {
    const { code } = await adminInTerminal(data.path, ["model", "set", "--base-url", "http://127.0.0.1:11434/v1", "--name", "qwen3"], [["Which provider?", "\r"], ["Region where it answers?", "\r"], ["Your API key?", "\r"]]);
    expect(code).toBe(0);
    expect(await runAdmin(data.path, ["model", "show"])).toBe("provider  openai-compatible\nname      qwen3\nbaseUrl   http://127.0.0.1:11434/v1\n");
  });

  it("changes nothing when the person leaves with Ctrl+C", async () => {
    const { code, shown } = await adminInTerminal(data.path, ["model", "set"], [...answers, ["Your API key?", CTRL_C]]);
    expect(code).toBe(1);
    expect(shown).toContain("nothing was changed");
    expect(await runAdmin(data.path, ["model", "show"])).toBe("provider  demo\n");
  });

  it("refuses a wrong address in words, and changes nothing", async () => {
    const { code, shown } = await adminInTerminal(data.path, ["model", "set", "--base-url", "http://api.example.eu/v1", "--name", "m", "--region", "eu"], [["Which provider?", "\r"], ["Your API key?", `${KEY}\r`]]);
    expect(code).toBe(1);
    expect(shown).toContain("must begin with https:// unless the host is on this machine or its local network");
    expect(await runAdmin(data.path, ["model", "show"])).toBe("provider  demo\n");
  });
});
