import { describe, expect, it } from "vitest";
import { noBrowser } from "../support/chromium.ts";
import { hostileAnswers } from "../support/hostile.ts";
import { answerOf, say, usePage } from "../support/page-under-test.ts";

describe.skipIf(noBrowser !== undefined)("a hostile answer", () => {
  const test = usePage();
  // That it asks no other host, runs no script and breaks no rule of the Content-Security-Policy is checked after each test.

  it("runs nothing, loads nothing and stays text, stored or streamed", async () => {
    const id = test.server.remember("<img src=x onerror=alert(1)>", hostileAnswers.map((answer) => ({ ask: answer, answer })));
    const page = await test.signedIn();
    await page.goto(`${test.server.url}/#c=${id}`);
    await page.locator(".turn").nth(hostileAnswers.length - 1).waitFor();
    const streamed = test.server.hold();
    await say(page, "Again");
    for (const answer of hostileAnswers) for (let at = 0; at < answer.length; at += 7) streamed.write(answer.slice(at, at + 7));
    streamed.write("\n\nthe end");
    streamed.end();
    await page.getByText("the end").last().waitFor();
    await page.waitForTimeout(200);
    expect(await page.locator(".turns").locator("script, img, svg, iframe, object, embed, form, input, style, link, meta, base, video, audio, template, [style]").count()).toBe(0);
    const links = await page.locator(".turns a").evaluateAll((all) => all.map((link) => [link.getAttribute("href"), link.getAttribute("rel"), link.getAttribute("target")]));
    expect(links.length).toBeGreaterThan(3);
    for (const [href, rel, target] of links) {
      expect(href).toMatch(/^(https?|mailto):/);
      expect([rel, target]).toEqual(["noopener noreferrer nofollow", "_blank"]);
    }
    const events = await page.locator(".turns *").evaluateAll((all) => all.flatMap((element) => element.getAttributeNames().filter((name) => name.startsWith("on"))));
    expect(events).toEqual([]);
  });

  it("cannot reorder the words around it", async () => {
    test.server.answer("safe\u202Egnp.exe");
    const page = await test.signedIn();
    await say(page, "a\u202Eb");
    await answerOf(page).getByText("safe⟨U+202E⟩gnp.exe").waitFor();
    await page.locator(".ask").getByText("a⟨U+202E⟩b").waitFor();
    expect(await page.getByRole("link", { name: "a⟨U+202E⟩b" }).count()).toBe(1);
    expect(test.server.messages[0]?.text).toBe("a\u202Eb");
  });
});

describe.skipIf(noBrowser !== undefined)("a very long answer", () => {
  const test = usePage();

  it.each([
    ["one word of 1 MB", "a".repeat(1_000_000)],
    ["1 MB of brackets", "[(".repeat(500_000)],
    ["1 MB of prose", "The quick brown fox jumps over the lazy dog.\n".repeat(23_000)],
  ])("wraps and does not freeze the page: %s", async (_, answer) => {
    test.server.answer(answer);
    const page = await test.signedIn();
    await say(page, "Long, please");
    await page.getByRole("button", { name: "Ask again" }).waitFor();
    const start = Date.now();
    await page.getByLabel("Your message").pressSequentially("still quick", { delay: 0 });
    expect(await page.getByLabel("Your message").inputValue()).toBe("still quick");
    expect(Date.now() - start).toBeLessThan(4_000);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    expect(await page.locator(".log").evaluate((log) => log.scrollWidth <= log.clientWidth)).toBe(true);
    expect((await answerOf(page).evaluate((element) => element.textContent)).length).toBe(answer.length);
  });

  it("of the person's own is folded, and shown whole when asked", async () => {
    const page = await test.signedIn();
    await say(page, "b".repeat(250_000));
    await page.getByRole("button", { name: "Show all 250,000 characters" }).click();
    await page.getByRole("button", { name: "Show less" }).waitFor();
    expect(test.server.messages[0]?.text).toHaveLength(250_000);
  });
});
