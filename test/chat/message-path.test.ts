import { describe, expect, it } from "vitest";
import { readEvents, textOf } from "../support/events.ts";
import { createTestApp } from "../support/test-app.ts";

describe("a message", () => {
  it("is answered in a stream and is there afterwards", async () => {
    const { addPerson, signIn, post, fetch } = await createTestApp();
    const browser = await signIn(await addPerson("Ada"));

    const events = await readEvents(await post("/api/messages", { update: "u1", text: "Hello" }, browser));

    expect(textOf(events)).toBe("You said: Hello");
    expect(events.at(-1)).toMatchObject({ event: "end", data: { state: "complete", usage: { inputTokens: 10, outputTokens: 5 } } });
    const conversation = String(events[0]?.data["conversation"]);
    const page = await (await fetch(`/api/conversations/${conversation}`, { headers: browser })).json();
    expect(page).toMatchObject({ title: "Hello", turns: [{ ask: "Hello", answer: "You said: Hello", state: "complete" }] });
  });
});
