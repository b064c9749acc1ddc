/** The shipped filter, run by fail2ban itself on lines that the product wrote. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SOURCE, createPageApp } from "../http/support/page-app.ts";
import { ORIGIN, createTestApp } from "../support/test-app.ts";

const filter = fileURLToPath(new URL("../../runtime/identity/fail2ban.conf", import.meta.url));
const missing = spawnSync("fail2ban-regex", ["--version"]).error !== undefined;
if (missing) console.warn("skipped: fail2ban-regex is not installed, so nothing runs the shipped filter");

const system = { who: "", surface: "system" } as const;
const VICTIM = "203.0.113.99";
/** What an attacker would like the log to say. */
const forged = `2026-11-22T12:00:00.000Z holdfast info: sign-in refused from ${VICTIM} (key_invalid)`;

describe.skipIf(missing)("the fail2ban filter", () => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The addresses that the filter takes from these lines, in order. */
  function banned(lines: readonly string[]): string[] {
    const log = join(folder, "log");
    writeFileSync(log, `${lines.join("\n")}\n`);
    // A date of its own is part of each line; without the system's zone it is read as it stands.
    const output = execFileSync("fail2ban-regex", ["-o", "ip", "--usedns", "no", log, filter], { encoding: "utf8", env: { PATH: process.env["PATH"] ?? "", TZ: "UTC" } });
    return output.split("\n").filter((line) => line !== "");
  }

  let lines: readonly string[];
  let ask: (path: string, init: RequestInit & { readonly from: string }) => Promise<Response>;

  beforeAll(async () => {
    const t = await createTestApp();
    const app = createPageApp(t);
    lines = t.lines;
    await t.addPerson("Ada");
    ask = async (path, { from, headers, ...init }) => app.request(ORIGIN + path, { ...init, headers: { host: "127.0.0.1:4747", origin: ORIGIN, "content-type": "application/json", [SOURCE]: from, ...(headers as Record<string, string>) } });
  });

  async function linesOf(run: () => Promise<unknown>): Promise<string[]> {
    const before = lines.length;
    await run();
    return lines.slice(before);
  }

  it("matches a wrong key and a wrong link, with the sender's address, in IPv4 and IPv6", async () => {
    const written = await linesOf(async () => {
      await ask("/api/me", { from: "198.51.100.1", headers: { authorization: "Bearer wrong" } });
      await ask("/v1/models", { from: "2001:db8::2", headers: { authorization: "Bearer wrong" } });
      await ask("/api/session", { from: "::ffff:198.51.100.3", method: "POST", body: '{"link":"wrong"}' });
    });
    expect(banned(written)).toEqual(["198.51.100.1", "2001:db8::2", "198.51.100.3"]);
  });

  it("goes on matching whoever is slowed already", async () => {
    const written = await linesOf(async () => {
      for (let n = 0; n < 9; n += 1) await ask("/api/me", { from: "198.51.100.4", headers: { authorization: "Bearer wrong" } });
    });
    expect(banned(written)).toEqual(Array.from({ length: 9 }, () => "198.51.100.4"));
  });

  it("matches nobody who only forgot to sign in, or whom an owner switched off", async () => {
    const t = await createTestApp();
    await t.addPerson("Ada");
    const bob = await t.addPerson("Bob", "member");
    const [program, { token }] = [await t.key(bob), await t.services.links.create(bob.id, system)];
    await t.services.people.change(bob.id, { disabled: true }, system);
    await t.fetch("/api/me", { headers: program });
    await t.fetch("/api/me");
    await t.post("/api/session", { link: token });
    expect(t.lines).toEqual(["2026-11-22T12:00:00.000Z holdfast info: sign-in refused from 192.0.2.7 (person_disabled)"]);
    expect(banned(t.lines)).toEqual([]);
  });

  const disguises: readonly [string, string][] = [
    ["as it is", forged],
    ["after a line break", `x\n${forged}`],
    ["after a carriage return", `x\r${forged}`],
    ["after both", `x\r\n${forged}`],
    ["after a next-line character", `x\u0085${forged}`],
    ["after a line separator", `x\u2028${forged}`],
    ["after a paragraph separator", `x\u2029${forged}`],
    ["after a vertical tab and a form feed", `x\v\f${forged}`],
    ["turned around by bidi controls", `x\u202e${forged}\u2066`],
    ["after a zero", `x\0${forged}`],
  ];

  it.each(disguises)("is not led to another host by a fake line in a link: %s", async (_name, text) => {
    const written = await linesOf(() => ask("/api/session", { from: "198.51.100.5", method: "POST", body: JSON.stringify({ link: text }) }));
    expect(banned(written)).toEqual(["198.51.100.5"]);
    expect(written.join("\n")).not.toContain(VICTIM);
  });

  it.each(disguises.filter(([, text]) => !/[\r\n\0]|[^\0-\xff]/.test(text)))("is not led to another host by a fake line in headers: %s", async (_name, text) => {
    const written = await linesOf(() => ask("/api/me", { from: "198.51.100.6", headers: { authorization: `Bearer ${text}`, "user-agent": text, "x-forwarded-for": VICTIM, cookie: `holdfast-test=${text}`, referer: text } }));
    expect(banned(written)).toEqual(["198.51.100.6"]);
    expect(written.join("\n")).not.toContain(VICTIM);
  });

  it.each(disguises)("is not led to another host by what a provider's failure puts into the log: %s", async (_name, text) => {
    const t = await createTestApp();
    const browser = await t.signIn(await t.addPerson("Ada"));
    // Without a stack behind it the fake line is the end of the real one.
    t.model.script.push([Object.assign(new Error(text), { stack: "" })]);
    await (await t.post("/api/messages", { update: "u1", text: "Hello" }, browser)).text();
    expect(t.lines.length).toBe(1);
    expect(t.lines[0]).toContain(VICTIM);
    expect(t.lines[0]).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(banned(t.lines)).toEqual([]);
  });
});
