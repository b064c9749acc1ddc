import { describe, expect, it } from "vitest";
import { noBrowser } from "../web/support/chromium.ts";
import { answerOf, say } from "../web/support/page-under-test.ts";
import { useHoldfast, words } from "./support/holdfast.ts";

describe.skipIf(noBrowser !== undefined)("with the real server", () => {
  const holdfast = useHoldfast();
  const atEnd = { name: "Ask again" } as const;

  it("an answer comes piece by piece, and a reload keeps it", async () => {
    const page = await holdfast.signedIn();
    await say(page, "[[slow 40]] [[words 40]]");
    await answerOf(page).getByText("word3").waitFor();
    expect(await answerOf(page).textContent()).not.toContain("word40");
    await page.getByRole("button", atEnd).waitFor();
    expect((await answerOf(page).textContent())?.trim()).toBe(words(40));
    await page.reload();
    await page.getByRole("button", atEnd).waitFor();
    expect((await answerOf(page).textContent())?.trim()).toBe(words(40));
    expect(await page.locator(".turn").count()).toBe(1);
  });

  it.each([
    ["length", "Cut off here: the answer reached its longest length. Ask to go on."],
    ["content_filter", "Cut off here: the provider held back the rest."],
  ])("an answer that was cut off (%s) says so, also after a reload", async (finish, said) => {
    const page = await holdfast.signedIn();
    await say(page, `[[finish ${finish}]] Hello`);
    await page.getByText(said).waitFor();
    await page.reload();
    await page.getByText(said).waitFor();
  });

  it("a reload in mid-stream goes on to the whole text, and the model was asked once", async () => {
    const page = await holdfast.signedIn();
    await say(page, "[[slow 40]] [[words 60]]");
    await answerOf(page).getByText("word3").waitFor();
    await page.reload();
    await answerOf(page).getByText("word3").waitFor();
    await page.getByRole("button", atEnd).waitFor();
    expect((await answerOf(page).textContent())?.trim()).toBe(words(60));
    expect(holdfast.fake.requests).toHaveLength(1);
  });

  it("Stop keeps what was there, tells the provider, and the answer can be asked for again", async () => {
    const page = await holdfast.signedIn();
    await say(page, "[[slow 40]] [[words 60]]");
    await answerOf(page).getByText("word3").waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped here.").waitFor();
    const kept = (await answerOf(page).textContent())?.trim() ?? "";
    expect(words(60).startsWith(kept)).toBe(true);
    expect(kept).not.toContain("word60");
    await expect.poll(() => holdfast.fake.requests[0]?.aborted).toBe(true);
    await page.reload();
    await page.getByText("Stopped here.").waitFor();
    expect((await answerOf(page).textContent())?.trim()).toBe(kept);
    await page.getByRole("button", atEnd).click();
    await expect.poll(async () => (await answerOf(page).textContent())?.trim(), { timeout: 10_000 }).toBe(words(60));
    expect(await page.locator(".turn").count()).toBe(1);
  });

  it("the server is killed in mid-answer and started again: the page says so, and asks again", async () => {
    const page = await holdfast.signedIn();
    await say(page, "[[slow 40]] [[words 60]]");
    await answerOf(page).getByText("word3").waitFor();
    await holdfast.server.stop("SIGKILL");
    await page.getByText("Connection lost. The answer goes on at the server.").waitFor();
    await holdfast.startAgain();
    await page.getByText("The server stopped in the middle of the answer.").waitFor({ timeout: 20_000 });
    await page.getByRole("button", atEnd).click();
    await expect.poll(async () => (await answerOf(page).textContent())?.trim(), { timeout: 10_000 }).toBe(words(60));
    expect(await page.locator(".turn").count()).toBe(1);
    await page.reload();
    await answerOf(page).getByText("word60").waitFor();
  });

  it("a message that is sent while the server is away arrives once it is back, once", async () => {
    const page = await holdfast.signedIn();
    await holdfast.server.stop("SIGKILL");
    await say(page, "Are you there?");
    await page.getByText("Connection lost. Your message is kept here.").waitFor();
    await holdfast.startAgain();
    await answerOf(page).getByText("You said: Are you there?").waitFor({ timeout: 20_000 });
    expect(holdfast.fake.requests).toHaveLength(1);
  });

  it("what was sent shows exactly what the provider got", async () => {
    const page = await holdfast.signedIn();
    await say(page, "First <b>question</b>\u00a0with **stars**");
    await answerOf(page).getByText("You said:").waitFor();
    await page.getByRole("button", atEnd).waitFor();
    await say(page, "And then?");
    await expect.poll(() => page.locator(".turn .actions").count()).toBe(2);
    await page.getByRole("button", { name: "What was sent" }).nth(1).click();
    const sheet = page.getByRole("dialog");
    await sheet.getByText("System prompt").waitFor();
    const { body } = holdfast.fake.requests[1] ?? {};
    const { messages, model, max_tokens } = body as { messages: { role: string; content: string }[]; model: string; max_tokens: number };
    const [system, ...others] = messages;
    expect(others.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect(await sheet.locator("ol.messages > li").evaluateAll((items) => items.map((item) => [item.querySelector("h3")?.textContent, item.querySelector("h3")?.nextElementSibling?.textContent]))).toEqual(
      others.map(({ role, content }) => [role === "user" ? "You" : "Assistant", content]),
    );
    const shown = await sheet.textContent();
    for (const fact of [system?.content ?? "-", model, new URL(holdfast.fake.url).host, `${max_tokens.toLocaleString("en")} tokens`]) expect(shown).toContain(fact);
  });

  it("what the model is given holds no word of another conversation", async () => {
    const page = await holdfast.signedIn();
    await say(page, "A word: sesquipedalian");
    await page.getByRole("button", atEnd).waitFor();
    await page.getByRole("link", { name: "New conversation" }).click();
    await page.getByText("A new conversation").waitFor();
    await say(page, "Which word?");
    await answerOf(page).getByText("You said: Which word?").waitFor();
    expect(JSON.stringify(holdfast.fake.requests[1]?.body)).not.toContain("sesquipedalian");
  });
});
