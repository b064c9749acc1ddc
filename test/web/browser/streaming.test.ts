import { describe, expect, it } from "vitest";
import { noBrowser } from "../support/chromium.ts";
import { answerOf, say, usePage } from "../support/page-under-test.ts";

describe.skipIf(noBrowser !== undefined)("an answer", () => {
  const test = usePage();

  it("appears as it is written, and is announced once it has ended", async () => {
    const page = await test.signedIn();
    const answer = test.server.hold();
    await say(page, "Hello");
    await page.getByText("Waiting for qwen3-32b").waitFor();
    answer.write("First **words**");
    await answerOf(page).getByText("First words").waitFor();
    expect(await answerOf(page).locator("strong").innerText()).toBe("words");
    expect(await page.getByRole("status").allInnerTexts()).not.toContain("Answer: First words ");
    answer.write(" and the last.");
    answer.end();
    await page.getByRole("button", { name: "Ask again" }).waitFor();
    expect(await answerOf(page).innerText()).toBe("First words and the last.");
    await expect.poll(() => page.getByRole("status").allTextContents()).toContain("Answer: First words and the last. ");
    expect(await page.getByRole("link", { name: "Hello" }).getAttribute("aria-current")).toBe("page");
  });

  it("goes on after a reload in mid-stream, and ends whole", async () => {
    const page = await test.signedIn();
    const answer = test.server.hold();
    await say(page, "Tell me a story");
    answer.write("Once upon a time ");
    await answerOf(page).getByText("Once upon").waitFor();
    await page.reload();
    await answerOf(page).getByText("Once upon").waitFor();
    answer.write("there was an end.");
    answer.end();
    await page.getByRole("button", { name: "Ask again" }).waitFor();
    expect(await answerOf(page).innerText()).toBe("Once upon a time there was an end.");
    expect(test.server.messages).toHaveLength(1);
  });

  it("goes on after a lost connection, without a word twice or missing", async () => {
    const page = await test.signedIn();
    const answer = test.server.hold();
    await say(page, "Count");
    answer.write("one two ");
    await answerOf(page).getByText("one two").waitFor();
    test.server.away(true);
    answer.write("three ");
    await page.getByText("Connection lost. The answer goes on at the server.").waitFor();
    const tryNow = page.getByRole("button", { name: "Try now" });
    await tryNow.waitFor();
    test.server.away(false);
    // The page may connect again by itself before the click.
    await Promise.race([tryNow.click().catch(() => undefined), answerOf(page).getByText("one two three").waitFor()]);
    await answerOf(page).getByText("one two three").waitFor();
    test.server.cut();
    answer.write("four");
    answer.end();
    await page.getByRole("button", { name: "Ask again" }).waitFor();
    expect(await answerOf(page).innerText()).toBe("one two three four");
    expect(await page.getByText("Connection lost").count()).toBe(0);
  });

  it("keeps what the person saw when it is stopped", async () => {
    const page = await test.signedIn();
    const answer = test.server.hold();
    await say(page, "Go on and on");
    answer.write("This much arrived");
    await answerOf(page).getByText("This much arrived").waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped here.").waitFor();
    expect(await answerOf(page).innerText()).toBe("This much arrived");
    await page.reload();
    await page.getByText("Stopped here.").waitFor();
    expect(await answerOf(page).innerText()).toBe("This much arrived");
  });

  it("is asked again, and the new one takes the place of the old", async () => {
    const page = await test.signedIn();
    test.server.answer("A poor answer");
    test.server.answer("A better answer");
    await say(page, "Try");
    await answerOf(page).getByText("A poor answer").waitFor();
    await page.getByRole("button", { name: "Ask again" }).click();
    await answerOf(page).getByText("A better answer").waitFor();
    expect(await answerOf(page).getByText("A poor answer").count()).toBe(0);
    await page.reload();
    await answerOf(page).getByText("A better answer").waitFor();
    expect(await page.locator(".turn").count()).toBe(1);
  });

  it("that was interrupted says why, and when it can be asked again", async () => {
    const page = await test.signedIn();
    const answer = test.server.hold();
    await say(page, "Hello");
    answer.write("Half an");
    answer.end("interrupted", { reason: "model_busy", title: "the model is busy", detail: "api.example.eu asked to wait", fix: "ask again in a moment", retryAfter: 2 });
    await page.getByText("The model is busy.").waitFor();
    const again = page.getByRole("button", { name: /^Ask again/ });
    expect(await again.isDisabled()).toBe(true);
    expect(await again.innerText()).toMatch(/in [12] s/);
    await again.and(page.locator(":enabled")).click();
    await answerOf(page).getByText("You wrote: Hello").waitFor();
  });

  it("stays at the end while the reader is there, and stays put when they are not", async () => {
    const page = await test.signedIn();
    const answer = test.server.hold();
    await say(page, "Long");
    answer.write("A line of text.\n\n".repeat(60));
    const log = page.locator(".log");
    const fromEnd = () => log.evaluate((element) => Math.round(element.scrollHeight - element.scrollTop - element.clientHeight));
    await answerOf(page).getByText("A line of text.").nth(59).waitFor();
    await expect.poll(fromEnd).toBeLessThan(4);
    await log.evaluate((element) => (element.scrollTop = 100));
    await page.getByRole("button", { name: "To the end" }).waitFor();
    answer.write("More.\n\n".repeat(20));
    await answerOf(page).getByText("More.").nth(19).waitFor();
    expect(await log.evaluate((element) => element.scrollTop)).toBe(100);
    await page.getByRole("button", { name: "To the end" }).click();
    await expect.poll(fromEnd).toBeLessThan(4);
    await page.setViewportSize({ width: 900, height: 420 });
    await expect.poll(fromEnd).toBeLessThan(4);
    await page.getByLabel("Your message").fill("a\n".repeat(12));
    await expect.poll(fromEnd).toBeLessThan(4);
    expect(await page.getByRole("button", { name: "To the end" }).count()).toBe(0);
    answer.end();
  });
});

describe.skipIf(noBrowser !== undefined)("a message", () => {
  const test = usePage();

  it("that is refused stays in the field, with the server's words and a countdown", async () => {
    const page = await test.signedIn();
    test.server.refuse(429, { reason: "rate_limit", title: "too many requests", detail: "20 of 20 requests of this minute are used", fix: "wait a little", retryAfter: 2 });
    await say(page, "Kept");
    await page.getByText("Too many requests.").waitFor();
    await page.getByText("What to do: wait a little.").waitFor();
    expect(await page.getByLabel("Your message").inputValue()).toBe("Kept");
    const again = page.getByRole("button", { name: /^Send again/ });
    expect(await again.isDisabled()).toBe(true);
    await again.and(page.locator(":enabled")).click();
    await answerOf(page).getByText("You wrote: Kept").waitFor();
    expect(await page.getByLabel("Your message").inputValue()).toBe("");
  });

  it("waits for the server to come back, and arrives once", async () => {
    const page = await test.signedIn();
    test.server.away(true);
    await say(page, "Patience");
    await page.getByText("Connection lost. Your message is kept here.").waitFor();
    test.server.away(false);
    await page.getByRole("button", { name: "Try now" }).click();
    await answerOf(page).getByText("You wrote: Patience").waitFor();
    expect(new Set(test.server.messages.map(({ update }) => update)).size).toBe(1);
  });

  it("that is not sent yet is not closed away without a question", async () => {
    const page = await test.signedIn();
    await page.getByLabel("Your message").pressSequentially("half a thought");
    const asked = page.waitForEvent("dialog");
    await page.close({ runBeforeUnload: true });
    const dialog = await asked;
    expect(dialog.type()).toBe("beforeunload");
    await dialog.dismiss();
    expect(await page.getByLabel("Your message").inputValue()).toBe("half a thought");
  });

  it("can be taken back while the server is away", async () => {
    const page = await test.signedIn();
    test.server.away(true);
    await say(page, "Not yet");
    await page.getByRole("button", { name: "Take it back" }).click();
    expect(await page.getByLabel("Your message").inputValue()).toBe("Not yet");
  });

  it("leads to what was sent, and where to", async () => {
    const page = await test.signedIn();
    await say(page, "Secret question");
    await answerOf(page).getByText("You wrote").waitFor();
    await page.getByRole("button", { name: "goes to api.example.eu (EU) and nowhere else" }).click();
    const sheet = page.getByRole("dialog", { name: "What was sent" });
    await sheet.getByText("Secret question").waitFor();
    expect(await sheet.locator("dl").innerText()).toMatch(/Host\s+api\.example\.eu\s+Region\s+EU\s+Model\s+qwen3-32b/);
    await sheet.getByText("You are a private assistant.").waitFor();
    await page.keyboard.press("Escape");
    await sheet.waitFor({ state: "detached" });
  });

  it("says that nothing leaves when the demo model answers", async () => {
    test.server.me = { ...test.server.me, model: { provider: "demo", name: "demo", host: "this machine" } };
    const page = await test.signedIn();
    await page.getByRole("button", { name: "stays on this machine: the demo model answers with a fixed text" }).click();
    await page.getByText("Nothing will leave").waitFor();
  });
});

describe.skipIf(noBrowser !== undefined)("the conversations", () => {
  const test = usePage();

  it("come in pages, and so do the turns of a long one", async () => {
    const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
    for (let n = 1; n <= 60; n++) test.server.remember(`Talk ${n}`, [], at(n + 1));
    const long = test.server.remember("The long one", Array.from({ length: 120 }, (_, n) => ({ ask: `Question ${n + 1}.`, answer: `Answer ${n + 1}.` })), at(0));
    const page = await test.signedIn();
    await page.getByRole("link", { name: "Talk 49" }).waitFor();
    expect(await page.getByRole("link", { name: "Talk 50" }).count()).toBe(0);
    await page.getByRole("button", { name: "Earlier conversations" }).click();
    await page.getByRole("link", { name: "Talk 60" }).waitFor();
    await page.goto(`${test.server.url}/#c=${long}`);
    await page.getByText("Answer 120.").waitFor();
    expect(await page.locator(".turn").count()).toBe(50);
    await page.locator(".log").evaluate((log) => (log.scrollTop = 0));
    await page.getByText("Question 21.").waitFor({ state: "attached" });
    expect(await page.getByText("Question 71.").isVisible()).toBe(true);
    expect(await page.locator(".turn").count()).toBe(100);
  });

  it("fold away and stay folded; nothing else is kept in the browser", async () => {
    test.server.remember("A private title", []);
    const page = await test.signedIn();
    await page.getByRole("link", { name: "A private title" }).click();
    await page.getByRole("button", { name: "Conversations", exact: true }).click();
    await page.getByRole("navigation").waitFor({ state: "detached" });
    await page.reload();
    await page.getByLabel("Your message").fill("private words");
    expect(await page.getByRole("navigation").count()).toBe(0);
    expect(await page.evaluate(() => JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)]))).toBe('[[["rail","folded"]],[]]');
    expect(await page.title()).toBe("Holdfast");
  });

  it("that do not exist, or are someone else's, are said to be unknown", async () => {
    const page = await test.signedIn();
    await page.goto(`${test.server.url}/#c=someone-elses`);
    await page.getByText("There is no such conversation.").waitFor();
  });
});
