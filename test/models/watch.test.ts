import { onTestFinished, describe, expect, it } from "vitest";
import { createOpenAICompatibleModel } from "../../runtime/models/openai-compatible.ts";
import type { WatchLimits } from "../../runtime/models/watch.ts";
import type { ModelRequest } from "../../runtime/ports.ts";
import { Problem } from "../../runtime/problems.ts";
import { startFakeModel } from "../fakes/model.ts";
import { delta, listen, streamOf } from "./support/provider.ts";

const LONG = 600;

/** What a provider says until a limit ends it, and the problem that it ends with. */
async function hear(baseUrl: string, limits: Partial<WatchLimits>, text = "Hello"): Promise<{ text: string; problem: Record<string, unknown> | undefined }> {
  const model = createOpenAICompatibleModel({ provider: "openai-compatible", name: "m", baseUrl }, globalThis.fetch, { firstPieceSeconds: LONG, betweenPiecesSeconds: LONG, answerSeconds: LONG, ...limits });
  const request: ModelRequest = { system: "", messages: [{ role: "user", text }], maxOutputTokens: 10 };
  let heard = "";
  try {
    for await (const part of model.stream(request, new AbortController().signal)) if (part.type === "text") heard += part.text;
    return { text: heard, problem: undefined };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { text: heard, problem: { reason: error.reason, ...error.details } };
  }
}

async function fake() {
  const started = await startFakeModel();
  onTestFinished(started.close);
  return started;
}

/** Sends the head of a stream and these events at once, and then nothing more. */
function stuck(...events: object[]): Promise<string> {
  return listen((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    response.write(streamOf(...events));
  });
}

const timeout = (detail: string) => ({ reason: "model_timeout", detail, fix: "try again; a provider's status page may say more" });

describe("a provider that is silent", () => {
  it("is given up when nothing came for the first piece's time, and its connection is closed", async () => {
    const { url, requests } = await fake();

    expect((await hear(url, { firstPieceSeconds: 0.05 }, "[[silent]]")).problem).toEqual(timeout("nothing came for 0.05 s"));
    await expect.poll(() => requests[0]?.aborted).toBe(true);
  });

  it("after its headers has still said nothing: the first piece's time goes on", async () => {
    const url = await stuck();

    expect((await hear(url, { firstPieceSeconds: 0.2, betweenPiecesSeconds: 0.01 })).problem).toEqual(timeout("nothing came for 0.2 s"));
  });

  it("in the middle is given up after the time between pieces, and what it said is kept", async () => {
    const url = await stuck(delta({ content: "Half" }));

    expect(await hear(url, { betweenPiecesSeconds: 0.05 })).toEqual({ text: "Half", problem: timeout("the answer stood still for 0.05 s") });
  });

  it("but thinks aloud is not silent", async () => {
    const url = await listen((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      let thoughts = 0;
      const timer = setInterval(() => {
        thoughts += 1;
        response.write(streamOf(thoughts < 30 ? delta({ reasoning_content: "hm" }) : delta({ content: "Done" }, "stop")));
        if (thoughts < 30) return;
        clearInterval(timer);
        response.end();
      }, 20);
    });

    // Thirty pieces take 600 ms: more than the time between two of them, which each one begins anew.
    expect(await hear(url, { betweenPiecesSeconds: 0.5 })).toEqual({ text: "Done", problem: undefined });
  });
});

describe("a provider that never comes to an end", () => {
  it("is cut off when the whole time is over", async () => {
    const { url, requests } = await fake();

    const { text, problem } = await hear(url, { answerSeconds: 0.2 }, "[[slow 5]][[never-ends]]");

    expect([text.startsWith("and on and on "), problem]).toEqual([true, timeout("the answer was not over after 0.2 s")]);
    await expect.poll(() => requests[0]?.aborted).toBe(true);
  });
});
