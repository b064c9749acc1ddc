import { describe, expect, it } from "vitest";
import { noBrowser } from "../web/support/chromium.ts";
import { useHoldfast } from "./support/holdfast.ts";

describe.skipIf(noBrowser !== undefined)("with the real server", () => {
  const holdfast = useHoldfast();

  it("the link that the command line prints signs in, and is gone from the address and from every request", async () => {
    const link = await holdfast.link();
    const { page } = await holdfast.visit();
    const sent: string[] = [];
    page.on("request", (request) => sent.push(`${request.method()} ${request.url()}`));
    await page.goto(link);
    await page.getByLabel("Your message").waitFor();
    expect(page.url()).toBe(`${holdfast.server.url}/`);
    expect(sent).toContain(`POST ${holdfast.server.url}/api/session`);
    expect(sent.slice(1).join("\n")).not.toContain("link=");
    expect(await page.evaluate(() => document.cookie)).toBe("");
    expect(await page.context().cookies()).toEqual([expect.objectContaining({ name: expect.stringMatching(/^holdfast-s-/), httpOnly: true, sameSite: "Strict", domain: "127.0.0.1" })]);
  });

  it("a second browser cannot use the link again", async () => {
    const link = await holdfast.link();
    const first = await holdfast.visit();
    await first.page.goto(link);
    await first.page.getByLabel("Your message").waitFor();
    const second = await holdfast.visit();
    await second.page.goto(link);
    await second.page.getByText("This sign-in link does not work.").waitFor();
    expect(await second.page.getByLabel("Your message").count()).toBe(0);
    expect(await second.context.cookies()).toEqual([]);
    await first.page.reload();
    await first.page.getByLabel("Your message").waitFor();
  });

  it("every sign-in is listed; one that is ended is out at its next step", async () => {
    const mine = await holdfast.signedIn({ userAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36" });
    const other = await holdfast.signedIn({ userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" });
    await mine.getByRole("link", { name: /Data, usage, sign-ins/ }).click();
    await mine.getByText("Chrome on Windows").waitFor();
    await mine.getByRole("button", { name: "End the sign-in on Firefox on Linux" }).click();
    await mine.getByText("Firefox on Linux").waitFor({ state: "detached" });
    await other.reload();
    await other.getByText("npm run admin -- link").waitFor();
    expect(await other.getByLabel("Your message").count()).toBe(0);
    await mine.reload();
    await mine.getByText("Chrome on Windows").waitFor();
  });

  it("signing out ends the session on the server: its cookie put back opens nothing", async () => {
    const page = await holdfast.signedIn();
    const cookies = await page.context().cookies();
    await page.getByRole("link", { name: /Data, usage, sign-ins/ }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    expect(await page.context().cookies()).toEqual([]);
    await page.context().addCookies(cookies);
    await page.goto(holdfast.server.url);
    await page.getByText("npm run admin -- link").waitFor();
  });

  it("a restart of the server keeps the session", async () => {
    const page = await holdfast.signedIn();
    await holdfast.server.stop();
    await holdfast.startAgain();
    await page.reload();
    await page.getByLabel("Your message").waitFor();
  });
});
