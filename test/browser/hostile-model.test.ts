import { describe, expect, it } from "vitest";
import { runAdmin } from "../support/server-process.ts";
import { noBrowser } from "../web/support/chromium.ts";
import { hostileAnswers } from "../web/support/hostile.ts";
import { answerOf, say } from "../web/support/page-under-test.ts";
import { useHoldfast } from "./support/holdfast.ts";

const FORBIDDEN = "script, img, svg, iframe, object, embed, form, input, style, link, meta, base, video, audio, template, [style], [srcdoc], [ping]";

function directive(answer: string): string {
  return `[[markdown ${Buffer.from(answer).toString("base64")}]]`;
}

describe.skipIf(noBrowser !== undefined)("what a hostile model says, through the real server and its Content-Security-Policy,", () => {
  const holdfast = useHoldfast();
  // That no other host was asked, no script ran and no rule of the policy was broken is checked after each test.

  it("is text when it is read back: every attack as an answer, as a question and as a title", async () => {
    const key = (await runAdmin(holdfast.data, ["key", "create", "test"])).trim().split("\n").at(-1) ?? "";
    let conversation: string | undefined;
    for (const attack of hostileAnswers) {
      const response = await fetch(`${holdfast.server.url}/api/messages`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ update: crypto.randomUUID(), ...(conversation === undefined ? {} : { conversation }), text: `${directive(attack)}${attack}` }),
      });
      const events = await response.text();
      expect(events).toContain('"state":"complete"');
      conversation ??= /"conversation":"([\w-]+)"/.exec(events)?.[1];
    }
    for (const attack of hostileAnswers.slice(0, 5)) {
      await fetch(`${holdfast.server.url}/api/messages`, { method: "POST", headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, body: JSON.stringify({ update: crypto.randomUUID(), text: attack }) }).then((response) => response.text());
    }
    const page = await holdfast.signedIn();
    await page.getByRole("link", { name: /onerror=alert/ }).waitFor();
    await page.goto(`${holdfast.server.url}/#c=${conversation}`);
    await expect.poll(() => page.locator(".turn").count()).toBe(hostileAnswers.length);
    expect(await page.locator(".turns, .rail").locator(FORBIDDEN).count()).toBe(0);
    const links = await page.locator(".turns a").evaluateAll((all) => all.map((link) => [link.getAttribute("href"), link.getAttribute("rel")]));
    for (const [href, rel] of links) expect([/^(https?|mailto):/.test(href ?? ""), rel]).toEqual([true, "noopener noreferrer nofollow"]);
    await page.getByRole("button", { name: "What was sent" }).nth(hostileAnswers.length - 1).click();
    await page.getByRole("dialog").getByText("System prompt").waitFor();
    expect(await page.getByRole("dialog").locator(FORBIDDEN).count()).toBe(0);
  });

  it("is text while it comes, whatever the pieces are", async () => {
    const page = await holdfast.signedIn();
    await say(page, directive(`${hostileAnswers.join("\n\n")}\n\nthe end`));
    await answerOf(page).getByText("the end", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Ask again" }).waitFor();
    expect(await page.locator(".turns").locator(FORBIDDEN).count()).toBe(0);
  });

  it("an image that is put into the page by force is not loaded: the policy that the server sends refuses it", async () => {
    const { page, trouble, hosts } = await holdfast.visit();
    await page.goto(await holdfast.link());
    await page.getByLabel("Your message").waitFor();
    await page.evaluate(() => {
      const image = document.createElement("img");
      image.src = "https://evil.example/pixel.png";
      document.body.append(image);
    });
    await expect.poll(() => trouble).toContain("img-src https://evil.example/pixel.png");
    await expect.poll(() => trouble.length).toBe(2);
    // This once it was the test that asked.
    trouble.length = 0;
    hosts.delete("evil.example");
  });
});
