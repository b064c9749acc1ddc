/** `npm run admin`, as its own process: on the data of this machine, and with --url on a server that runs. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runAdmin, startServerProcess, temporaryData } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";

const SECRET = "sk-planted-provider-key";
const data = temporaryData();
const other = temporaryData();
afterAll(() => {
  data.remove();
  other.remove();
});

const here = (...args: string[]) => runAdmin(data.path, args);
/** What a command that fails prints. */
const failure = (run: Promise<string>) => run.then((output) => `it did not fail: ${output}`, (error: unknown) => (error instanceof Error ? error.message : String(error)));
const lines = (text: string) => text.trimEnd().split("\n");
/** Times and ids differ from run to run. */
const masked = (text: string) => text.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, "<time>").replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "<id>").replaceAll(/ {2,}/g, "  ");

describe("the command line", () => {
  it.each([[], ["help"], ["--help"], ["people"], ["peple", "list"], ["key", "destroy"], ["people list", "x"]])("prints the commands when there is no such one, and fails: %s", async (...args) => {
    const printed = await failure(here(...args));
    for (const command of ["link [person]", "people add <name>", "key create <name>", "model set", "audit verify", "keys rotate"]) expect(printed).toContain(`npm run admin -- ${command}`);
    expect(printed).not.toContain("    at ");
  });

  it.each([
    [["people", "add"], "usage: npm run admin -- people add <name>"],
    [["people", "add", "Bob", "Eve"], "usage: npm run admin -- people add <name>"],
    [["people", "list", "--all", "yes"], 'people list: Unrecognized key: "all"'],
    [["people", "add", "Bob", "--role"], "usage: npm run admin -- people add <name>"],
    [["people", "add", "Bob", "-r", "owner"], "usage: npm run admin -- people add <name>"],
    [["people", "add", "Bob", "--role", "king"], 'role: Invalid option: expected one of "owner"|"member"'],
    [["model", "set", "--provider", "demo", "--api-key", SECRET], "a key on the command line is visible to every program on this machine: leave --api-key out and type the key when asked, or pipe it in"],
    [["model", "set", "--provider", "demo", `--api-key=${SECRET}`], "a key on the command line is visible"],
    [["model", "set", "--apiKey", SECRET], "usage: npm run admin -- model set"],
    [["model", "set", SECRET], "usage: npm run admin -- model set"],
    [["people", "list", "--url", "chat.example.org"], '--url must be an address such as https://chat.example.org, got "chat.example.org"'],
    [["people", "list", "--url", "http://chat.example.org"], "your key would travel in the clear"],
    [["people", "list", "--url", "file:///etc/passwd"], "--url must be an address"],
  ] as const)("says what is wrong with %j, and repeats no secret", async (args, expected) => {
    const printed = await failure(here(...args));
    expect(printed).toContain(expected);
    expect(printed).not.toContain("planted");
    expect(printed).not.toContain("    at ");
  });

  it("did none of it", async () => {
    expect(lines(await here("people", "list")).length).toBe(2);
    expect(await here("model", "show")).toBe("provider  demo\n");
  });
});

describe("on this machine, while no server runs", () => {
  it("prints a key alone on the last line, so that a script can take it", async () => {
    const printed = lines(await here("key", "create", "laptop", "--scopes", "chat,admin"));
    expect(printed).toEqual([expect.stringMatching(/^A key of \S+ for chat, admin\. It is shown this once:$/), expect.stringMatching(/^holdfast_[\w-]{43}$/)]);
    expect(await here("key", "list")).not.toContain(printed[1]);
  });

  it("makes a key for another person", async () => {
    await here("people", "add", "Bob");
    expect(lines(await here("key", "create", "bobs", "--person", "Bob", "--scopes=chat"))[0]).toBe("A key of Bob for chat. It is shown this once:");
    expect(masked(await here("key", "list"))).toContain("bobs  Bob  chat  <time>  -  <id>");
  });

  it("takes the provider's key from a pipe, shows it never again, and leaves the model alone when something is wrong", async () => {
    const options = ["model", "set", "--base-url", "https://api.example.eu/v1", "--name", "some-model", "--region", "eu"];
    const set = await runAdmin(data.path, options, { input: `${SECRET}\nanother line\n` });
    const shown = await here("model", "show");
    expect(lines(shown)).toEqual(["provider  openai-compatible", "name      some-model", "baseUrl   https://api.example.eu/v1", "region    eu", "apiKey    (stored)"]);
    expect(set).toBe(`From the next message on:\n${shown}`);
    expect(await failure(runAdmin(data.path, ["model", "set", "--base-url", "https://api.example.eu/v1", "--name", "x"], { input: `${SECRET} with spaces\n` }))).toBe("apiKey: must be printable ASCII without spaces\n");
    expect(await here("model", "show")).toBe(shown);
    expect((await here("audit", "show")) + set + shown).not.toContain("planted");
  });

  it("rotates the key ring, and everything stays readable", async () => {
    expect(await here("keys", "rotate")).toMatch(/^Wrapped 2 data keys with the new key\. Copy .+keyring\.json to where you keep its copy\.\n$/);
    expect(await here("people", "list")).toContain("Bob");
    expect(await here("model", "show")).toContain("some-model");
    expect(await here("audit", "verify")).toContain("The audit log is intact");
  });
});

describe("with --url, on a server that runs", () => {
  let server: ServerProcess;
  let key: string;
  beforeAll(async () => {
    key = lines(await runAdmin(other.path, ["key", "create", "remote", "--scopes", "chat,admin"])).at(-1) ?? "";
    server = await startServerProcess(other.path);
  });
  afterAll(() => server.stop());

  /** From a machine that has no data of its own. */
  const there = (args: readonly string[], adminKey = key, input = "") => runAdmin(data.path, [...args, "--url", server.url], { env: { HOLDFAST_DATA: `${data.path}/none`, HOLDFAST_ADMIN_KEY: adminKey }, input });

  it.each([
    ["people", "list"], ["people", "add", "Grace", "--role", "owner"], ["people", "role", "Grace", "member"], ["people", "disable", "Grace"], ["people", "enable", "Grace"], ["key", "list"], ["session", "list"],
    ["model", "show"], ["usage", "Grace"], ["settings", "show"],
  ])("prints the same as on the server's own machine: %s %s %s", async (...args) => {
    const second = args[1] === "add" ? args.map((word) => (word === "Grace" ? "Hedy" : word)) : args;
    expect(masked(await there(args))).toBe(masked((await runAdmin(other.path, second)).replaceAll("Hedy", "Grace")));
  });

  it("prints a key alone on the last line, which works, until it is revoked", async () => {
    const [, made = ""] = lines(await there(["key", "create", "second", "--scopes", "chat, admin"]));
    expect(made).toMatch(/^holdfast_[\w-]{43}$/);
    expect(await there(["people", "list"], made)).toContain("Grace");
    expect(await there(["key", "revoke", "second"])).toBe("second does not work any more.\n");
    expect(await failure(there(["people", "list"], made))).toContain("this API key does not work: it is unknown, was revoked");
  });

  it("prints a link that leads to that server", async () => {
    expect(lines(await there(["link", "Grace"]))[1]).toMatch(new RegExp(`^${server.url}/#link=[\\w-]{43}$`));
  });

  it("sets the model with the provider's key from a pipe", async () => {
    expect(await there(["model", "set", "--base-url", "http://127.0.0.1:9/v1", "--name", "m"], key, `${SECRET}\n`)).toContain("apiKey    (stored)");
    expect(await runAdmin(other.path, ["model", "show"])).toContain("http://127.0.0.1:9/v1");
    expect(await there(["audit", "show"])).not.toContain("planted");
    expect(server.output()).not.toContain("planted");
  });

  it.each([
    [["people", "disable", "Nobody"], 'there is no such person: got "Nobody"'],
    [["people", "add", "Grace"], 'this does not fit what is there: there is already a person called "Grace"'],
    [["session", "end", "Grace", "x"], "there is no such session"],
    [["keys", "rotate"], "there is nothing at this address"],
  ])("says in the server's words why it failed: %j", async (args, expected) => {
    expect(await failure(there(args))).toContain(expected);
  });

  it("is refused without a key that is good for it, and never prints the key", async () => {
    const chat = lines(await runAdmin(other.path, ["key", "create", "chat only"])).at(-1) ?? "";
    expect(await failure(there(["people", "list"], chat))).toContain("this key lacks the scope admin");
    for (const wrong of ["holdfast_planted", "holdfast_planted\nx-other: header", "planted ä", "planted\u2028"]) {
      const printed = await failure(there(["people", "list"], wrong));
      expect(printed).not.toContain("planted");
      expect(printed).not.toContain("    at ");
    }
  });

  it("takes the admin key from a pipe when the environment has none", async () => {
    expect(await runAdmin(data.path, ["people", "list", "--url", server.url], { env: { HOLDFAST_DATA: `${data.path}/none` }, input: `${key}\n` })).toContain("Grace");
  });

  it("does not rotate the key ring under it", async () => {
    expect(await failure(runAdmin(other.path, ["keys", "rotate"]))).toMatch(/^the server at http:\S+ runs with the old key ring: stop it first/);
    expect(await there(["people", "list"])).toContain("Grace");
  });

  it("says so when nothing answers, or something else does", async () => {
    const printed = await failure(runAdmin(data.path, ["people", "list", "--url", "http://127.0.0.1:9"], { env: { HOLDFAST_ADMIN_KEY: key } }));
    expect(printed).toContain("no connection to http://127.0.0.1:9");
    expect(printed).not.toContain("    at ");

    for (const [status, body, expected] of [[200, "<h1>It works</h1>", "answered 200 without a result"], [302, "", "answered 302"], [500, "oops", "answered 500"], [403, '{"title":1}', "answered 403"]] as const) {
      const stranger = createServer((_request, response) => response.writeHead(status, { location: "http://127.0.0.1:9/" }).end(body));
      await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
      const { port } = stranger.address() as AddressInfo;
      const said = await failure(runAdmin(data.path, ["people", "list", "--url", `http://127.0.0.1:${port}`], { env: { HOLDFAST_ADMIN_KEY: key } }));
      expect(said).toContain(`http://127.0.0.1:${port} ${expected}`);
      expect(said).not.toContain("    at ");
      await new Promise((resolve) => stranger.close(resolve));
    }
  });
});
