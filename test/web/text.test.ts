import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fragmentOf, linkToken, viewOf } from "../../runtime/web/address.ts";
import { backoffMs } from "../../runtime/web/backoff.ts";
import { deviceName } from "../../runtime/web/device.ts";
import { resolveEntities } from "../../runtime/web/entities.ts";
import { safeLink } from "../../runtime/web/link.ts";
import { cut } from "../../runtime/web/plain-text.tsx";
import { visible } from "../../runtime/web/visible.ts";
import { destination, duration, period, sentence } from "../../runtime/web/words.ts";

describe("what would be invisible", () => {
  it.each([
    ["a\u202Eb", "a⟨U+202E⟩b"],
    ["a\u2066b\u2069", "a⟨U+2066⟩b⟨U+2069⟩"],
    ["bell\u0007 escape\u001B[31m null\u0000 del\u007F", "bell␇ escape␛[31m null␀ del␡"],
    ["hidden\u{E0049}\u{E0047}", "hidden⟨U+E0049⟩⟨U+E0047⟩"],
  ])("is shown: %j", (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it.each(["line\nline\ttab", "👩‍⚕️", "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}", "שלום", "a\u200Fb", "naïve é"])("stays when it has a meaning: %j", (text) => {
    expect(visible(text)).toBe(text);
  });

  it("turns CR and CRLF into line feeds", () => {
    expect(visible("a\r\nb\rc")).toBe("a\nb\nc");
  });
});

describe("links", () => {
  it.each([
    ["https://example.org/a?b=c#d", "https://example.org/a?b=c#d"],
    ["http://example.org", "http://example.org/"],
    ["mailto:ada@example.org", "mailto:ada@example.org"],
    ["https://аpple.com/", "https://xn--pple-43d.com/"],
  ])("%s may be one", (address, href) => {
    expect(safeLink(address)).toBe(href);
  });

  it.each(["javascript:alert(1)", " JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "file:///etc/passwd", "blob:https://x/y", "/relative", "#fragment", "//example.org", "example.org", ""])(
    "%j stays text",
    (address) => {
      expect(safeLink(address)).toBeUndefined();
    },
  );
});

describe("character references", () => {
  it("are resolved once, and only known ones", () => {
    expect(resolveEntities("a &amp;lt; b &mdash; &unknown; &constructor; AT&T; &copy")).toBe("a &lt; b — &unknown; &constructor; AT&T; &copy");
  });
});

describe("long text", () => {
  it("is cut into pieces that are the text, without breaking a character", () => {
    fc.assert(
      fc.property(fc.integer({ min: 9_990, max: 10_010 }), fc.string({ unit: "binary", maxLength: 50 }), (length, tail) => {
        const text = "x".repeat(length) + "🌿" + tail + "\n" + "y".repeat(12_000);
        const pieces = cut(text);
        expect(pieces.join("")).toBe(text);
        if (text.isWellFormed()) expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("cuts at line ends where there are some", () => {
    expect(cut("a".repeat(9_000) + "\n" + "b".repeat(9_000)).map((piece) => piece.length)).toEqual([9_001, 9_000]);
  });
});

describe("the address", () => {
  it("holds the view and nothing else", () => {
    for (const view of [{ kind: "settings" }, { kind: "chat", thread: "new" }, { kind: "chat", thread: "a/b c" }] as const) {
      expect(viewOf(new URL(fragmentOf(view), "http://localhost/").hash)).toEqual(view);
    }
  });

  it("gives the token of a sign-in link, and survives a broken escape", () => {
    expect(linkToken("#link=abc")).toBe("abc");
    expect(linkToken("#link=")).toBeUndefined();
    expect(linkToken("#link=%E0%A4%A")).toBe("%E0%A4%A");
    expect(viewOf("#c=%")).toEqual({ kind: "chat", thread: "%" });
  });
});

describe("a sign-in", () => {
  it.each([
    ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36", "Chrome on Linux"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1", "Safari on iPhone"],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0", "Edge on Windows"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on macOS"],
    ["Mozilla/5.0 (unheard of)", "A browser"],
    ["curl/8.5.0", "curl/8.5.0"],
    ["", "Unknown device"],
  ])("of %j is called %s", (userAgent, name) => {
    expect(deviceName(userAgent)).toBe(name);
  });
});

describe("words", () => {
  it("say where messages go", () => {
    expect(destination({ provider: "openai-compatible", name: "m", host: "api.example.eu", region: "eu" })).toBe("goes to api.example.eu (EU) and nowhere else");
    expect(destination({ provider: "openai-compatible", name: "m", host: "127.0.0.1:11434" })).toBe("goes to 127.0.0.1:11434 and nowhere else");
    expect(destination({ provider: "demo", name: "demo", host: "this machine" })).toBe("stays on this machine: the demo model answers with a fixed text");
  });

  it("make sentences of the server's words, and leave names as they are", () => {
    expect(sentence("today's limit is used up")).toBe("Today's limit is used up.");
    expect(sentence("api.example.eu closed the connection")).toBe("api.example.eu closed the connection.");
    expect(sentence("starts again at 2026-11-23T00:00:00Z")).not.toContain("T00:00:00Z");
  });

  it("round waiting times up", () => {
    expect([0.2, 59, 90, 3_600, 5_401].map(duration)).toEqual(["1 s", "59 s", "2 min", "60 min", "2 h"]);
  });

  it("put a conversation under its day", () => {
    const now = new Date(2026, 10, 22, 9).getTime();
    const at = (...date: [number, number, number, number]) => period(new Date(...date).toISOString(), now);
    expect([at(2026, 10, 22, 0), at(2026, 10, 21, 23), at(2026, 10, 17, 12), at(2026, 10, 15, 12)]).toEqual(["Today", "Yesterday", "This week", "November 2026"]);
  });
});

describe("waiting before another try", () => {
  it("doubles up to half a minute, half of it by chance", () => {
    expect([0, 1, 2, 6, 50].map((attempt) => backoffMs(attempt, 0))).toEqual([250, 500, 1000, 15_000, 15_000]);
    fc.assert(fc.property(fc.nat(1000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => backoffMs(attempt, random) <= 30_000));
  });
});
