import { describe, expect, it } from "vitest";
import { noBrowser } from "../support/chromium.ts";
import { answerOf, say, usePage } from "../support/page-under-test.ts";

describe.skipIf(noBrowser !== undefined)("signing in", () => {
  const test = usePage();

  it("exchanges the link by POST and takes it out of the address and the history", async () => {
    const { page } = await test.visit();
    const token = new URL(test.server.link()).hash;
    const addresses: string[] = [];
    page.on("request", (request) => addresses.push(request.url()));
    await page.goto(`${test.server.url}/${token}`);
    await page.getByLabel("Your message").waitFor();
    expect(page.url()).toBe(`${test.server.url}/`);
    expect(test.server.seen).toContain("POST /api/session");
    expect(addresses.filter((address) => !address.startsWith(`${test.server.url}/#`)).join()).not.toContain(token.slice(6));
    await page.reload();
    await page.getByLabel("Your message").waitFor();
    expect(await page.evaluate(() => JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie, document.title]))).toBe('[[],[],"","Holdfast"]');
  });

  it("says in words how to get in when there is no session", async () => {
    const { page } = await test.visit();
    await page.goto(test.server.url);
    await page.getByText("npm run admin -- link").waitFor();
    expect(await page.getByLabel("Your message").count()).toBe(0);
  });

  it("says why a link did not work, in the server's words", async () => {
    const { page } = await test.visit();
    await page.goto(`${test.server.url}/#link=used`);
    await page.getByText("This link does not work.").waitFor();
    expect(page.url()).toBe(`${test.server.url}/`);
  });

  it("keeps an unsent message through the end of a session, for the same person", async () => {
    const page = await test.signedIn();
    test.server.endSessions();
    await say(page, "Typed before the session ended");
    await page.getByText("What you typed and did not send is kept in this tab").waitFor();
    expect(await page.getByText("Typed before").count()).toBe(0);
    await page.evaluate((link) => (location.href = link), test.server.link());
    await expect.poll(() => page.getByLabel("Your message").inputValue()).toBe("Typed before the session ended");
    await page.getByLabel("Your message").press("Enter");
    await answerOf(page).getByText("You wrote: Typed before").waitFor();
    expect(test.server.messages).toHaveLength(1);
  });

  it("lists the sign-ins, ends one, and signs out", async () => {
    const other = await test.signedIn();
    const page = await test.signedIn();
    await page.getByRole("link", { name: /Ada Lindqvist/ }).click();
    await page.getByRole("button", { name: /End the sign-in/ }).click();
    await expect.poll(() => page.locator(".sessions li").count()).toBe(1);
    await other.reload();
    await other.getByText("npm run admin -- link").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    await page.goBack();
    await page.getByText("npm run admin -- link").waitFor();
  });

  it("warns before signing out would lose a draft", async () => {
    const page = await test.signedIn();
    await page.getByLabel("Your message").fill("half a thought");
    await page.getByRole("link", { name: /Ada Lindqvist/ }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("A message that was not sent will be lost.").waitFor();
    await page.getByRole("button", { name: "Sign out anyway" }).click();
    await page.getByText("You are signed out.").waitFor();
  });
});
