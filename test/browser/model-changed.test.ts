import { describe, expect, it } from "vitest";
import { runAdmin } from "../support/server-process.ts";
import { noBrowser } from "../web/support/chromium.ts";
import { say } from "../web/support/page-under-test.ts";
import { useHoldfast } from "./support/holdfast.ts";

describe.skipIf(noBrowser !== undefined)("a model that is changed under an open page", () => {
  // Nothing is declared, so that the owner can set it.
  const holdfast = useHoldfast({});

  it("gets no message until the person has seen where it goes", async () => {
    const page = await holdfast.signedIn();
    await say(page, "First");
    await page.getByRole("button", { name: "Ask again" }).waitFor();
    await page.getByText(/^stays on this machine/).waitFor();

    await runAdmin(holdfast.data, ["model", "set", "--base-url", holdfast.fake.url, "--name", "another-model", "--region", "eu"]);
    await say(page, "Second");
    await page.getByText(`the model is another-model at ${new URL(holdfast.fake.url).host} now; you were shown demo at this machine`).waitFor();
    await page.getByText(`goes to ${new URL(holdfast.fake.url).host} (EU) and nowhere else`, { exact: true }).waitFor();
    expect(holdfast.fake.requests).toEqual([]);

    await page.getByLabel("Your message").press("Enter");
    await page.getByText(/^another-model · /).waitFor();
    expect(holdfast.fake.requests.map(({ body }) => body)).toMatchObject([{ model: "another-model" }]);
  });
});
