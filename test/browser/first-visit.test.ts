import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { noBrowser } from "../web/support/chromium.ts";
import { answerOf, say } from "../web/support/page-under-test.ts";
import { useHoldfast } from "./support/holdfast.ts";

/** What axe-core checks of a page's structure, as far as it needs no knowledge of the page. */
function faults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)].filter((element) => element.checkVisibility({ visibilityProperty: true }));
    const nameOf = (element: HTMLElement) => (element.getAttribute("aria-label") ?? ((element as HTMLInputElement).labels?.[0]?.textContent || element.textContent)).trim();
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    const levels = all("h1, h2, h3, h4").map(({ tagName }) => Number(tagName.slice(1)));
    return [
      ...(document.documentElement.lang === "en" ? [] : ["no language"]),
      ...(document.title === "" ? ["no title"] : []),
      ...(all("main").length === 1 && levels.includes(1) ? [] : ["not one main part with a heading of its own"]),
      ...(/user-scalable=no|maximum-scale/.test(document.querySelector("meta[name=viewport]")?.getAttribute("content") ?? "") ? ["cannot be enlarged"] : []),
      ...all("button, a[href], textarea, input, [role=dialog], dialog, nav, [role=log]").filter((element) => nameOf(element) === "").map((element) => `no name: ${element.outerHTML}`),
      ...all("img, svg").filter((element) => element.getAttribute("aria-hidden") !== "true" && !element.hasAttribute("alt")).map((element) => `no text for ${element.outerHTML}`),
      ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `twice: #${id}`),
      ...all("[tabindex]").filter(({ tabIndex }) => tabIndex > 0).map((element) => `order forced: ${element.outerHTML}`),
      ...[...document.querySelectorAll("[aria-controls], [aria-describedby], [aria-labelledby]")].flatMap((element) =>
        ["aria-describedby", "aria-labelledby", ...(element.getAttribute("aria-expanded") === "true" ? ["aria-controls"] : [])].flatMap((name) => {
          const id = element.getAttribute(name);
          return id !== null && document.getElementById(id) === null ? [`${name} points nowhere: ${id}`] : [];
        }),
      ),
      ...levels.flatMap((level, index) => (level - (levels[index - 1] ?? level) > 1 ? [`heading ${level} after ${levels[index - 1]}`] : [])),
    ];
  });
}

const fits = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

describe.skipIf(noBrowser !== undefined)("without any configuration", () => {
  const holdfast = useHoldfast({});

  it("the demo answers, says what it is and that nothing leaves; a reload keeps it", async () => {
    const page = await holdfast.signedIn();
    await page.getByText("stays on this machine: the demo model answers with a fixed text").waitFor();
    await say(page, "Hello");
    await answerOf(page).getByText("I am the demo model").waitFor();
    await page.getByRole("button", { name: "Ask again" }).waitFor();
    await page.reload();
    await answerOf(page).getByText("npm run admin -- model set").waitFor();
    await page.getByRole("button", { name: "What was sent" }).last().click();
    await page.getByText("Nothing left this machine. This is what the demo model was given.").waitFor();
  });

  it.each([
    ["a wide screen", { viewport: { width: 1280, height: 800 } }],
    ["a phone of 360 px", { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true }],
  ])("on %s, every step fits and can be used by a screen reader", async (_, options) => {
    const { page } = await holdfast.visit(options);
    async function check(step: string): Promise<void> {
      expect({ step, faults: await faults(page), fits: await fits(page) }).toEqual({ step, faults: [], fits: true });
    }
    await page.goto(holdfast.server.url);
    await page.getByText("npm run admin -- link").waitFor();
    await check("the door");
    await page.goto(await holdfast.link());
    await page.getByLabel("Your message").waitFor();
    await check("empty");
    await page.getByLabel("Your message").fill("x".repeat(400));
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("button", { name: "Ask again" }).waitFor();
    await check("answered");
    await page.getByRole("button", { name: "What was sent" }).first().click();
    await page.getByText("System prompt").waitFor();
    await check("what was sent");
    await page.getByRole("button", { name: "Close" }).click();
    await page.goto(`${holdfast.server.url}/#settings`);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    await check("settings");
  });
});
