import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTurnQueue } from "../../runtime/chat/queue.ts";
import { Problem } from "../../runtime/problems.ts";

type Step = { readonly do: "enter"; readonly conversation: string } | { readonly do: "leave"; readonly conversation: string; readonly twice: boolean };

const conversation = fc.constantFrom("a", "b");
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof({ weight: 8, arbitrary: conversation.map((name): Step => ({ do: "enter", conversation: name })) }, { weight: 1, arbitrary: fc.tuple(conversation, fc.boolean()).map(([name, twice]): Step => ({ do: "leave", conversation: name, twice })) }),
  { maxLength: 60, size: "max" },
);

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("the turn queue", () => {
  it("lets one turn of a conversation in at a time, in order of arrival, refuses the tenth, and never mixes conversations", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const queue = createTurnQueue();
        const inside = new Map<string, { readonly turn: number; readonly release: () => void }>();
        /** What the rule says, beside what the queue does: the first of a line is in, eight more wait. */
        const lines = new Map<string, number[]>([["a", []], ["b", []]]);
        const refused: number[] = [];
        const expectedRefused: number[] = [];
        const overlaps: number[] = [];
        let turns = 0;
        async function enter(name: string, turn: number): Promise<void> {
          try {
            const release = await queue.enter(name);
            if (inside.has(name)) overlaps.push(turn);
            inside.set(name, { turn, release });
          } catch (error) {
            refused.push(error instanceof Problem && error.reason === "conversation_busy" ? turn : NaN);
          }
        }
        for (const step of all) {
          const line = lines.get(step.conversation) ?? [];
          if (step.do === "enter") {
            const turn = (turns += 1);
            if (line.length < 9) line.push(turn);
            else expectedRefused.push(turn);
            void enter(step.conversation, turn);
          } else {
            const held = inside.get(step.conversation);
            inside.delete(step.conversation);
            held?.release();
            if (step.twice) held?.release();
            line.shift();
          }
          await settled();
          for (const [name, expected] of lines) expect(inside.get(name)?.turn).toBe(expected[0]);
          expect({ refused, overlaps }).toEqual({ refused: expectedRefused, overlaps: [] });
        }
        // What still waits is let in, so that no timer outlives the test.
        for (const name of lines.keys()) {
          for (let held = inside.get(name); held; held = inside.get(name)) {
            inside.delete(name);
            held.release();
            await settled();
          }
        }
        expect(inside.size).toBe(0);
      }),
    );
  });

  it("skips whoever gave up waiting", async () => {
    const queue = createTurnQueue(1);
    const release = await queue.enter("a");
    await expect(queue.enter("a")).rejects.toMatchObject({ reason: "conversation_busy" });
    const third = queue.enter("a");
    release();
    (await third)();
    (await queue.enter("a"))();
  });
});
