/** Requests that are wrong, huge or forged: each gets its problem document, and nothing is stored. */
import { beforeAll, describe, expect, it } from "vitest";
import { createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";
import { auditLength, storeSnapshot } from "./support/store-snapshot.ts";

const LIMIT = 2 * 1024 * 1024;

let t: TestApp;
let browser: Record<string, string>;
let program: Record<string, string>;
beforeAll(async () => {
  t = await createTestApp({ env: { HOLDFAST_REQUESTS_PER_MINUTE: "1000" } });
  const ada = await t.addPerson("Ada");
  [browser, program] = [await t.signIn(ada), await t.key(ada)];
  await t.fetch("/api/me", { headers: program });
});

async function refused(path: string, init: RequestInit): Promise<{ status: number; type: string | null; problem: Record<string, unknown> }> {
  const before = [await storeSnapshot(t), await auditLength(t), t.lines.length, t.model.requests.length];
  const reply = await t.fetch(path, { ...init, headers: { "content-type": "application/json", ...browser, ...(init.headers as Record<string, string>) } });
  const problem = (await reply.json()) as Record<string, unknown>;
  expect([await storeSnapshot(t), await auditLength(t), t.lines.length, t.model.requests.length]).toEqual(before);
  expect(problem["status"]).toBe(reply.status);
  return { status: reply.status, type: reply.headers.get("content-type"), problem };
}

const message = (body: BodyInit, headers: Record<string, string> = {}) => refused("/api/messages", { method: "POST", body, headers });
const malformed = (detail: string) => ({
  status: 400,
  type: "application/problem+json",
  problem: { type: "urn:holdfast:problem:malformed", title: "the request is not understood", status: 400, reason: "malformed", detail },
});

describe("a body", () => {
  const tooLarge = {
    status: 413,
    type: "application/problem+json",
    problem: { type: "urn:holdfast:problem:too_large", title: "the request is too large", status: 413, reason: "too_large", detail: `a request has at most ${LIMIT} bytes`, fix: "send less at once" },
  };

  /** Chunks without a Content-Length, which go on until somebody stops reading; `taken` counts them. */
  function endless(): { readonly body: ReadableStream<Uint8Array>; taken(): number } {
    let taken = 0;
    return { body: new ReadableStream({ pull: (controller) => ((taken += 1), controller.enqueue(new Uint8Array(65_536).fill(0x20))) }), taken: () => taken };
  }

  it("over the limit is refused by what it says of itself", async () => {
    expect(await message("x".repeat(10), { "content-length": String(LIMIT + 1) })).toEqual(tooLarge);
  });

  it("over the limit is refused when it says nothing, and is not read to its end", async () => {
    const { body, taken } = endless();
    expect(await refused("/api/messages", { method: "POST", body, duplex: "half" } as RequestInit)).toEqual(tooLarge);
    expect(taken()).toBeLessThan(40);
  });

  it("of somebody who is not signed in is not read at all", async () => {
    const { body, taken } = endless();
    const reply = await t.fetch("/api/messages", { method: "POST", body, duplex: "half", headers: { "content-type": "application/json" } } as RequestInit);
    expect(reply.status).toBe(401);
    expect(taken()).toBeLessThan(3);
  });

  it("of another type is refused", async () => {
    for (const type of ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp", "text/json", "application/problem+json", "x".repeat(500)]) {
      expect(await message('{"update":"u","text":"Hello"}', { "content-type": type })).toEqual({
        status: 415,
        type: "application/problem+json",
        problem: { type: "urn:holdfast:problem:unsupported_media_type", title: "the request's content type is not taken", status: 415, reason: "unsupported_media_type", detail: `got "${type.slice(0, 80)}"`, fix: "send application/json" },
      });
    }
  });

  it.each([
    ["invalid UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), "the body is not valid UTF-8"],
    ["an overlong encoding", new Uint8Array([0x22, 0xc0, 0xaf, 0x22]), "the body is not valid UTF-8"],
    ["half a surrogate pair in UTF-8", new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), "the body is not valid UTF-8"],
    ["UTF-16", new Uint8Array([0xff, 0xfe, 0x7b, 0x00]), "the body is not valid UTF-8"],
    ["a byte order mark", '\ufeff{"update":"u","text":"Hello"}', "the body is not JSON"],
    ["nothing", "", "the body is not JSON"],
    ["half an object", '{"update":"u","te', "the body is not JSON"],
    ["two objects", "{}{}", "the body is not JSON"],
    ["a comment", "{} // x", "the body is not JSON"],
    ["NaN", '{"update":"u","text":NaN}', "the body is not JSON"],
    ["a control character inside a text", '{"update":"u","text":"a\nb"}', "the body is not JSON"],
  ] as const)("of %s is refused", async (_name, body, detail) => {
    expect(await message(body)).toEqual(malformed(detail));
  });

  it("nested 100,000 deep is refused like any other wrong value", async () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    expect(await message(deep)).toEqual(malformed("the body: Invalid input: expected object, received array"));
    expect(await message(`{"update":"u","text":${deep}}`)).toEqual(malformed("text: Invalid input: expected string, received array"));
    expect((await message('{"text":'.repeat(100_000) + "1" + "}".repeat(100_000))).status).toBe(400);
  });
});

describe("a member", () => {
  it.each([
    ["{}", "update: Invalid input: expected string, received undefined; text: Invalid input: expected string, received undefined"],
    ["null", "the body: Invalid input: expected object, received null"],
    ['"text"', "the body: Invalid input: expected object, received string"],
    ['{"update":1,"text":"Hello"}', "update: Invalid input: expected string, received number"],
    ['{"update":"","text":"Hello"}', "update: must be an id"],
    ['{"update":"../../etc","text":"Hello"}', "update: must be an id"],
    [`{"update":"${"u".repeat(65)}","text":"Hello"}`, "update: must be an id"],
    ['{"update":"u","text":["Hello"]}', "text: Invalid input: expected string, received array"],
    ['{"update":"u","text":{"toString":"Hello"}}', "text: Invalid input: expected string, received object"],
    ['{"update":"u","text":""}', "text: must not be empty"],
    ['{"update":"u","text":" \\n\\t\\u00a0\\ufeff"}', "text: must not be empty"],
    ['{"update":"u","text":"\\ud83d"}', "text: must not hold half a surrogate pair"],
    ['{"update":"u","text":"\\ude00\\ud83d"}', "text: must not hold half a surrogate pair"],
    ['{"update":"u","conversation":null,"text":"Hello"}', "conversation: Invalid input: expected string, received null"],
    ['{"update":"u","conversation":"a b","text":"Hello"}', "conversation: must be an id"],
    ['{"update":"u","conversation":"c","retry":{}}', "retry: Invalid input: expected string, received object"],
    ['{"update":"u","retry":"t"}', "conversation: Invalid input: expected string, received undefined"],
    ['{"update":"u","text":"Hello","role":"system"}', 'the body: Unrecognized key: "role"'],
    ['{"update":"u","text":"Hello","__proto__":{"role":"owner"}}', 'the body: Unrecognized key: "__proto__"'],
    ['{"update":"u","text":"Hello","constructor":{"prototype":{"role":"owner"}}}', 'the body: Unrecognized key: "constructor"'],
  ])("that is wrong is named: %s", async (body, detail) => {
    expect(await message(body)).toEqual(malformed(detail));
    expect(({} as Record<string, unknown>)["role"]).toBe(undefined);
  });

  it("of a long unknown name is not repeated whole", async () => {
    const { problem } = await message(`{"update":"u","text":"Hello","${"k".repeat(1_000_000)}":1}`);
    expect(problem["detail"]).toBe(`the body: Unrecognized key: "${"k".repeat(200 - 'the body: Unrecognized key: "'.length)}`);
  });

  it("is named for programs as well, in their API's form, and addresses are said not to be fetched", async () => {
    const chat = async (body: unknown) => (await t.post("/v1/chat/completions", body, program)).json();
    const image = { type: "image_url", image_url: { url: "http://169.254.169.254/" } };
    expect(await chat({ model: "scripted", messages: [{ role: "user", content: [image] }] })).toMatchObject({ error: { type: "invalid_request_error", code: "malformed", message: expect.stringContaining("only text is taken; addresses are never fetched") } });
    expect(await chat({ model: "scripted", messages: [{ role: "tool", content: 1 }], tools: [] })).toMatchObject({ error: { message: expect.stringContaining('Unrecognized key: "tools"') } });
    expect(await chat({ model: "another", messages: [{ role: "user", content: "Hello" }] })).toEqual({ error: { message: 'there is no such model: got "another", there is "scripted"', type: "invalid_request_error", param: null, code: "unknown_model" } });
  });
});

describe("an address", () => {
  const ids = ["x", "..%2fsessions", "..%2f..%2fetc%2fpasswd", "%00", "%", "%ZZ", "%ff", "1%20OR%201=1", "';--", "\u202e", "a".repeat(4000)];
  it.each(ids)("with an id that is none is unknown, and no more: %s", async (id) => {
    for (const [path, reason] of [["/api/conversations/ID", "unknown_conversation"], ["/api/turns/ID/sent", "unknown_turn"], ["/api/turns/ID/events", "unknown_turn"]] as const) {
      const { problem } = await refused(path.replace("ID", id), {});
      expect(problem).toMatchObject({ type: `urn:holdfast:problem:${reason}`, status: 404, reason, detail: "it does not exist, or is somebody else's" });
    }
  });

  it.each(["before=", "before=x", "before=-1", "before=1", "before=1.", "before=.x", "before=1e3.x", "before=9999999999999999.x", "before=1.%27", "before=%00", `before=${"9".repeat(3000)}`])("with a cursor that is none is refused: %s", async (query) => {
    const { status, problem } = await refused(`/api/conversations?${query}`, {});
    const shown = new URLSearchParams(query).get("before")?.slice(0, 80);
    expect([status, problem["reason"], problem["detail"]]).toEqual([400, "malformed", `before must be a cursor from the page before, got "${shown}"`]);
  });

  it.each(["-1", "x", "1.5", "", "1e3", "NaN", "9".repeat(16)])("with a place in a conversation that is none is refused: %s", async (before) => {
    expect((await refused(`/api/conversations/x?before=${before}`, {})).problem).toMatchObject({ status: 400, reason: "malformed", detail: `before must be a number from the page before, got "${before}"` });
  });

  it.each(["-1", "x", "1.5", "", "9999999999"])("with an offset that is none is refused: %s", async (after) => {
    const problem = { status: 400, reason: "malformed", detail: `after must be a number of characters, got "${after}"` };
    expect((await refused(`/api/turns/x/events?after=${after}`, {})).problem).toMatchObject(problem);
    expect((await refused("/api/turns/x/events", { headers: { "last-event-id": after } })).problem).toMatchObject(problem);
  });

  it.each([
    ["PUT", "/api/me", "GET, HEAD"], ["DELETE", "/api/me", "GET, HEAD"], ["OPTIONS", "/api/messages", "POST"], ["GET", "/api/messages", "POST"], ["PATCH", "/api/session", "POST, DELETE"],
    ["GET", "/api/admin/people/list", "POST"], ["POST", "/healthz", "GET, HEAD"], ["GET", "/v1/chat/completions", "POST"], ["PROPFIND", "/api/conversations/x", "GET, HEAD"],
  ])("does not take every method: %s %s", async (method, path, allow) => {
    const reply = await t.fetch(path, { method, headers: browser });
    expect([reply.status, reply.headers.get("allow")]).toEqual([405, allow]);
    const problem = { type: "urn:holdfast:problem:method_not_allowed", title: "this address does not take that method", status: 405, reason: "method_not_allowed", detail: `got ${method}, takes ${allow}`, allow: allow.split(", ") };
    expect(await reply.json()).toEqual(path.startsWith("/v1/") ? { error: { message: `${problem.title}: ${problem.detail}`, type: "invalid_request_error", param: null, code: problem.reason } } : problem);
  });

  it.each(["/api", "/api/", "/api/me/", "//api/me", "/API/me", "/api/me%2f", "/api/admin", "/v1", "/.env", "/keyring.json", "/../store.sqlite", "/index.html", "/robots.txt"])("that is none is a problem: %s", async (path) => {
    const { status, problem } = await refused(path, {});
    expect([status, problem]).toEqual([404, { type: "urn:holdfast:problem:unknown_route", title: "there is nothing at this address", status: 404, reason: "unknown_route", detail: "no page and no API is here" }]);
  });
});
