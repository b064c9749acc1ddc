import { describe, expect, it } from "vitest";
import { noBrowser } from "../web/support/chromium.ts";
import { answerOf, say } from "../web/support/page-under-test.ts";
import { useHoldfast } from "./support/holdfast.ts";

const KEY = "sk-secret-key-of-the-owner";

describe.skipIf(noBrowser !== undefined)("when the provider fails, the page says in words", () => {
  const holdfast = useHoldfast();
  const host = () => new URL(holdfast.fake.url).host;

  it.each([
    ["a limit", "[[status 429 retry-after=30]]", "The model provider asks to wait.", () => `${host()} answered 429: the fake answers 429.`, "What to do: wait, then ask again."],
    ["a fault", "[[status 500]]", "The model provider failed.", () => `${host()} answered 500: the fake answers 500.`, "What to do: try again; the provider's status page may say more."],
    ["garbage", "[[garbage]]", "The model provider failed.", () => `the answer of ${host()} broke off or was not understood.`, "What to do: try again."],
    ["half an answer", "[[half]]", "The model provider failed.", () => `the answer of ${host()} broke off or was not understood.`, "What to do: try again."],
    ["a redirect", "[[redirect http://127.0.0.1:9/v1]]", "The model provider failed.", () => `http://${host()} answered with a redirect, and redirects are not followed.`, "What to do: set the address that it redirects to, if you trust it."],
  ])("%s", async (_, directive, title, detail, fix) => {
    const page = await holdfast.signedIn();
    await say(page, `${directive} Hello`);
    const problem = page.locator(".problem");
    await problem.waitFor();
    const shown = (await problem.innerText()).toLowerCase();
    for (const words of [title, detail(), fix]) expect(shown).toContain(words.toLowerCase());
    expect(await problem.getByRole("button", { name: /^Ask again/ }).count()).toBe(1);
    await page.reload();
    await problem.getByText(title).waitFor();
  });

  it("how long to wait, and lets the person ask again only then", async () => {
    const page = await holdfast.signedIn();
    await say(page, "[[status 429 retry-after=8]] Hello");
    const again = page.locator(".problem").getByRole("button", { name: /^Ask again/ });
    await again.waitFor();
    expect([await again.isDisabled(), await again.textContent()]).toEqual([true, expect.stringMatching(/^Ask again in \d s$/)]);
    await page.getByRole("button", { name: "Ask again", exact: true }).click({ timeout: 20_000 });
    await expect.poll(() => holdfast.fake.requests.length).toBe(2);
  });

  it("what came of half an answer stays", async () => {
    const page = await holdfast.signedIn();
    await say(page, "[[half]] [[words 10]]");
    await page.locator(".problem").waitFor();
    expect((await answerOf(page).textContent())?.trim()).toBe("word1 word2 word3 word4 word5");
  });
});

describe.skipIf(noBrowser !== undefined)("when the provider cannot be reached", () => {
  const holdfast = useHoldfast({ HOLDFAST_MODEL_PROVIDER: "openai-compatible", HOLDFAST_MODEL_NAME: "none", HOLDFAST_MODEL_BASE_URL: "http://127.0.0.1:9/v1", HOLDFAST_MODEL_API_KEY: KEY });

  it("the page names the host and what to do, and never the key", async () => {
    const page = await holdfast.signedIn();
    await say(page, "Hello");
    await page.getByText("The model provider cannot be reached.").waitFor();
    const shown = await page.locator("body").innerText();
    expect(shown).toMatch(/no connection to 127\.0\.0\.1:9, or it broke off/i);
    expect(shown + (await page.content()) + holdfast.server.output()).not.toContain(KEY);
    await page.getByText("goes to 127.0.0.1:9 and nowhere else").waitFor();
  });
});
