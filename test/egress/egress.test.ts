import { describe, expect, it } from "vitest";
import { createEgress } from "../../runtime/egress.ts";
import { Problem } from "../../runtime/problems.ts";

/** Stands in for the network: notes what it is asked for. */
function network(reply: () => Response = () => new Response("ok")) {
  const asked: [string, RequestInit | undefined][] = [];
  const fetch = async (url: string, init?: RequestInit): Promise<Response> => {
    asked.push([url, init]);
    return reply();
  };
  return { asked, fetch };
}

const problemOf = (error: unknown) => (error instanceof Problem ? [error.reason, error.details.detail] : error);

describe("the way out", () => {
  it("reaches the declared origin, with every option passed on, and follows no redirect", async () => {
    const { asked, fetch } = network();

    const response = await createEgress("https://api.example.eu", fetch)("https://api.example.eu/v1/x?y#z", { method: "POST", body: "b", redirect: "follow" });

    expect(await response.text()).toBe("ok");
    expect(asked).toEqual([["https://api.example.eu/v1/x?y#z", { method: "POST", body: "b", redirect: "manual" }]]);
  });

  it.each([
    "http://api.example.eu/", "https://api.example.eu:8443/", "https://example.eu/", "https://x.api.example.eu/", "https://api.example.eu.attacker.test/",
    "https://api.example.eu@attacker.test/", "https://attacker.test/https://api.example.eu", "https://attacker.test\\@api.example.eu/", "data:text/plain,x", "file:///etc/passwd", "blob:https://attacker.test/1",
  ])("refuses %s before anything is sent", async (url) => {
    const { asked, fetch } = network();

    const refused = await createEgress("https://api.example.eu", fetch)(url).catch(problemOf);

    expect(refused).toEqual(["model_failed", `a request to ${new URL(url).origin} was refused: only https://api.example.eu is declared`]);
    expect(asked).toEqual([]);
  });

  it.each([300, 301, 302, 303, 304, 307, 308, 399])("takes a %i for a failure, whatever it points to", async (status) => {
    const { asked, fetch } = network(() => new Response(null, { status, headers: { location: "https://attacker.test/" } }));

    expect(await createEgress("https://api.example.eu", fetch)("https://api.example.eu/").catch(problemOf)).toEqual(["model_failed", "https://api.example.eu answered with a redirect, and redirects are not followed"]);
    expect(asked).toHaveLength(1);
  });

  it.each([
    ["an answer of 32 MB and one byte more fails", 200, 32 * 1024 * 1024 + 1, ["model_failed", `the provider sent more than ${32 * 1024 * 1024} bytes for one answer`]],
    ["an answer of 32 MB passes", 200, 32 * 1024 * 1024, 32 * 1024 * 1024],
    ["an error is cut at 64 KB", 500, 1024 * 1024, 64 * 1024],
  ])("bounds what a provider may send: %s", async (_name, status, bytes, expected) => {
    const { fetch } = network(() => new Response(new Uint8Array(bytes), { status }));
    const response = await createEgress("https://api.example.eu", fetch)("https://api.example.eu/");

    expect(await response.arrayBuffer().then((body) => body.byteLength, problemOf)).toEqual(expected);
    expect(response.status).toBe(status);
  });
});
