import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { noBrowser } from "../support/chromium.ts";
import { answerOf, say, usePage } from "../support/page-under-test.ts";

const rich = "# Title\n\n| a long column | another long column | a third long column |\n|---|---|---|\n| one | two | three |\n\n```js\nconst line = 'a line of code that is wider than any phone is, without a place to break it';\n```\n\nA word: " + "x".repeat(300);

/** Controls that a screen reader could only call by their kind. */
function nameless(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("button, a[href], input, textarea, select, progress, [role=region], dialog, nav, [tabindex='0']")]
      .filter((control) => {
        const labels = (control as HTMLInputElement).labels;
        const named = control.getAttribute("aria-label") ?? control.getAttribute("aria-labelledby") ?? control.textContent;
        return (named ?? "").trim() === "" && (labels === null || labels === undefined || labels.length === 0);
      })
      .map((control) => control.outerHTML),
  );
}

describe.skipIf(noBrowser !== undefined)("with the keyboard alone", () => {
  const test = usePage();

  it("one can write, send, stop, look at what was sent, and begin anew", async () => {
    const page = await test.signedIn();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("message");
    const answer = test.server.hold();
    await page.keyboard.type("First line");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("second line");
    await page.keyboard.press("Enter");
    answer.write("Some words");
    await answerOf(page).getByText("Some words").waitFor();
    expect(test.server.messages[0]?.text).toBe("First line\nsecond line");
    await page.keyboard.press("Escape");
    await page.getByText("Stopped here.").waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("message");
    await page.keyboard.press("Shift+Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("What was sent");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByText("System prompt").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("What was sent");
    await page.keyboard.press("Control+Shift+S");
    await page.getByRole("navigation").waitFor({ state: "detached" });
    await page.keyboard.press("Control+Shift+O");
    await page.getByText("A new conversation").waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("message");
  });

  it("every part of the page is reached by Tab, and shows where one is", async () => {
    test.server.remember("Earlier", [{ ask: "Q", answer: rich }]);
    const page = await test.signedIn();
    await page.getByRole("link", { name: "Earlier" }).click();
    await page.getByText("A word:").waitFor();
    const reached: string[] = [];
    for (let n = 0; n < 40; n++) {
      await page.keyboard.press("Tab");
      const [name, outlined] = await page.evaluate(() => {
        const at = document.activeElement as HTMLElement;
        const style = getComputedStyle(at);
        const field = at.closest(".field");
        const visible = style.outlineStyle !== "none" || (field !== null && getComputedStyle(field).boxShadow !== "none");
        return [at === document.body ? "" : (at.getAttribute("aria-label") ?? at.textContent ?? "").trim() || at.id, visible] as const;
      });
      // Past the last control the browser's own come, and then the first again.
      if (name === "") continue;
      expect([name, outlined]).toEqual([name, true]);
      reached.push(name);
    }
    for (const name of ["To the message field", "Conversations", "New conversation", "Earlier", "Table", "Copy this js code", "Copy the answer", "Ask again", "What was sent"]) expect(reached).toContain(name);
  });
});

describe.skipIf(noBrowser !== undefined)("copying", () => {
  const test = usePage();

  it("puts on the clipboard what is seen, and says so", async () => {
    const { page, context } = await test.visit();
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto(test.server.link());
    test.server.answer("Run this:\n\n```sh\nls \u202E-la\n```");
    await say(page, "How?");
    await page.getByRole("button", { name: "Copy this sh code" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("ls ⟨U+202E⟩-la");
    await page.getByRole("button", { name: "Copy the answer" }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("Run this:");
  });
});

describe.skipIf(noBrowser !== undefined)("every control has a name", () => {
  const test = usePage();

  it("in a conversation, in what was sent, in the settings and at the door", async () => {
    test.server.remember("Earlier", [{ ask: "Q", answer: rich }, { ask: "R", state: "interrupted", problem: { reason: "x", title: "it broke", detail: "half way" } }]);
    const page = await test.signedIn();
    await page.getByRole("link", { name: "Earlier" }).click();
    await page.getByText("It broke.").waitFor();
    expect(await nameless(page)).toEqual([]);
    expect(await page.getByRole("log", { name: "Conversation" }).count()).toBe(1);
    await page.getByRole("button", { name: "What was sent" }).first().click();
    await page.getByText("System prompt").waitFor();
    expect(await nameless(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: /Ada Lindqvist/ }).click();
    await page.getByText("The last 31 days").click();
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    expect(await nameless(page)).toEqual([]);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    expect(await nameless(page)).toEqual([]);
  });
});

describe.skipIf(noBrowser !== undefined)("on a phone of 360 px", () => {
  const test = usePage();
  const phone = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };
  const fits = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth <= 360 && [...document.querySelectorAll(".log, .sheet, .rail, main")].every((box) => box.scrollWidth <= box.clientWidth + 1));

  it("nothing is wider than the screen", async () => {
    const { page } = await test.visit(phone);
    await page.goto(test.server.url);
    await page.getByText("npm run admin").waitFor();
    expect(await fits(page)).toBe(true);
    await page.goto(test.server.link());
    test.server.answer(rich);
    await page.getByLabel("Your message").fill("y".repeat(400));
    expect(await fits(page)).toBe(true);
    await page.getByRole("button", { name: "Send" }).tap();
    await answerOf(page).getByText("A word:").waitFor();
    expect(await fits(page)).toBe(true);
    await page.getByRole("button", { name: "What was sent" }).first().tap();
    await page.getByText("System prompt").waitFor();
    expect(await fits(page)).toBe(true);
    await page.getByRole("button", { name: "Close" }).tap();
    await page.getByRole("button", { name: "Conversations", exact: true }).tap();
    expect(await fits(page)).toBe(true);
    await page.getByRole("link", { name: /Ada Lindqvist/ }).tap();
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    expect(await page.getByRole("navigation").count()).toBe(0);
    expect(await fits(page)).toBe(true);
  });

  it("Enter starts a line, and the conversation behind the open rail cannot be reached", async () => {
    const page = await test.signedIn(phone);
    await say(page, "one");
    expect(await page.getByLabel("Your message").inputValue()).toBe("one\n");
    await page.getByRole("button", { name: "Conversations", exact: true }).tap();
    expect(await page.locator("main").evaluate((main) => (main as HTMLElement).inert)).toBe(true);
    await page.keyboard.press("Escape");
    await page.getByRole("navigation").waitFor({ state: "detached" });
  });
});

describe.skipIf(noBrowser !== undefined)("what the reader prefers", () => {
  const test = usePage();
  const contrast = (page: Page, selector: string) =>
    page.locator(selector).first().evaluate((element) => {
      const canvas = document.createElement("canvas").getContext("2d");
      const luminance = (color: string) => {
        if (canvas === null) throw new Error("no canvas");
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
      };
      let behind: Element = element;
      while (/rgba\(.*, 0\)|transparent/.test(getComputedStyle(behind).backgroundColor) && behind.parentElement !== null) behind = behind.parentElement;
      const [light, dark] = [luminance(getComputedStyle(element).color), luminance(getComputedStyle(behind).backgroundColor)].toSorted((a, b) => b - a);
      return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
    });

  it.each(["light", "dark"] as const)("is readable in %s: text has a contrast of 4.5 or more", async (colorScheme) => {
    const page = await test.signedIn({ colorScheme });
    await say(page, "Hello");
    await answerOf(page).getByText("You wrote").waitFor();
    await page.getByLabel("Your message").fill("x");
    for (const selector of [".answer", ".ask", ".turn .facts", ".under .destination", ".rail h2", ".rail .new", ".rail small", ".primary"]) {
      expect([selector, (await contrast(page, selector)) >= 4.5]).toEqual([selector, true]);
    }
  });

  it("moves nothing when motion is not wanted", async () => {
    const page = await test.signedIn({ reducedMotion: "reduce" });
    const answer = test.server.hold();
    await say(page, "Hello");
    await page.getByText("Waiting for").waitFor();
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    answer.end();
  });
});
