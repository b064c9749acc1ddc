import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEventParser, readTurnEvents } from "../../runtime/web/events.ts";

const sample = 'event: turn\ndata: {"id":"t"}\n\n: quiet\n\nid: 5\r\nevent: text\r\ndata: {"text":"Hello"}\r\n\r\nevent:end\rdata: a\rdata:b\r\r\n';

describe("the event parser", () => {
  it("reads events with every kind of line end, comments, ids and several data lines", () => {
    expect(createEventParser()(sample)).toEqual([
      { event: "turn", data: '{"id":"t"}' },
      { event: "text", data: '{"text":"Hello"}' },
      { event: "end", data: "a\nb" },
    ]);
  });

  it("gives the same events wherever the stream is cut", () => {
    const whole = createEventParser()(sample);
    fc.assert(
      fc.property(fc.array(fc.nat(sample.length), { maxLength: 8 }), (cuts) => {
        const feed = createEventParser();
        const ends = [...cuts.toSorted((a, b) => a - b), sample.length];
        expect(ends.flatMap((end, index) => feed(sample.slice(ends[index - 1] ?? 0, end)))).toEqual(whole);
      }),
    );
  });

  it("drops an event without data and one that the stream does not finish", () => {
    expect(createEventParser()("event: text\n\nevent: text\ndata: half")).toEqual([]);
  });
});

describe("reading a turn", () => {
  it("puts characters together that the network cut in two", async () => {
    const bytes = new TextEncoder().encode('event: text\ndata: {"text":"grüß 🌿"}\n\n');
    const body = streamOf([...bytes].map((byte) => Uint8Array.of(byte)));
    expect(await Array.fromAsync(readTurnEvents(body))).toEqual([{ type: "text", text: "grüß 🌿" }]);
  });

  it("skips events that it does not know", async () => {
    const body = streamOf([new TextEncoder().encode("event: later\ndata: {}\n\ndata: {}\n\n")]);
    expect(await Array.fromAsync(readTurnEvents(body))).toEqual([]);
  });

  it("gives up on a stream that says nothing, not even a comment", async () => {
    const silent = new ReadableStream<Uint8Array>();
    await expect(Array.fromAsync(readTurnEvents(silent, 20))).rejects.toThrow("nothing arrived for 20 ms");
  });
});

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}
