import { describe, expect, it, vi } from "vitest";
import { createApi } from "../../runtime/web/api.ts";

const problem = (reason: string, status: number) =>
  new Response(JSON.stringify({ type: `urn:holdfast:problem:${reason}`, status, reason, title: reason, detail: "in words" }), { status, headers: { "content-type": "application/problem+json; charset=utf-8" } });

function setUp(answer: () => Response | Promise<Response>) {
  const onSignedOut = vi.fn();
  const fetch = vi.fn<(url: string | URL | Request, init?: RequestInit) => Promise<Response>>(() => Promise.resolve(answer()));
  return { api: createApi(fetch, onSignedOut), fetch, onSignedOut };
}

describe("the page's way to the server", () => {
  it("brings a refusal back in the server's words", async () => {
    const { api, onSignedOut } = setUp(() => problem("daily_limit", 429));
    expect(await api.conversations()).toMatchObject({ ok: false, status: 429, problem: { reason: "daily_limit", detail: "in words" } });
    expect(onSignedOut).not.toHaveBeenCalled();
  });

  it("tells that the session is over, but not that a link was wrong", async () => {
    const over = setUp(() => problem("sign_in_needed", 401));
    await over.api.usage();
    expect(over.onSignedOut).toHaveBeenCalledOnce();
    const wrong = setUp(() => problem("link_invalid", 401));
    await wrong.api.signIn("x");
    expect(wrong.onSignedOut).not.toHaveBeenCalled();
  });

  it("never shows the page of a proxy in between", async () => {
    const { api } = setUp(() => new Response("<html>Bad gateway</html>", { status: 502, headers: { "content-type": "text/html" } }));
    expect(await api.me()).toMatchObject({ ok: false, status: 502, problem: { reason: "unexpected", title: "the server answered 502" } });
  });

  it("says that a server cannot be reached, also when what it sent is no JSON", async () => {
    const { api } = setUp(() => Promise.reject(new TypeError("failed to fetch")));
    expect(await api.me()).toMatchObject({ ok: false, status: 0, problem: { reason: "unreachable" } });
    expect(await setUp(() => new Response("not json")).api.me()).toMatchObject({ ok: false, status: 0 });
  });

  it("asks its own server alone, follows no redirect and leaves nothing in the cache", async () => {
    const { api, fetch } = setUp(() => new Response("{}"));
    await api.me();
    await api.conversation("a/b?c", "7");
    await api.events("t", 12, new AbortController().signal);
    expect(fetch.mock.calls.map(([url]) => url)).toEqual(["/api/me", "/api/conversations/a%2Fb%3Fc?before=7", "/api/turns/t/events?after=12"]);
    for (const [, init] of fetch.mock.calls) expect(init).toMatchObject({ credentials: "same-origin", cache: "no-store", redirect: "error" });
  });
});
