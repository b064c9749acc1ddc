import { describe, expect, it } from "vitest";
import { createTurnQueue } from "../../runtime/chat/queue.ts";
import { settled } from "./support/chatter.ts";

const reasonOf = (error: unknown) => (error instanceof Error && "reason" in error ? error.reason : error);

describe("the turn queue", () => {
  it("lets in one at a time, in order of arrival", async () => {
    const queue = createTurnQueue();
    const entered: string[] = [];
    const release = await queue.enter("c");
    const [second, third] = ["second", "third"].map(async (name) => {
      const leave = await queue.enter("c");
      entered.push(name);
      return leave;
    });

    await settled();
    const whileFirst = [...entered];
    release();
    const leaveSecond = await second;
    await settled();
    const whileSecond = [...entered];
    leaveSecond?.();
    await third;

    expect([whileFirst, whileSecond, entered]).toEqual([[], ["second"], ["second", "third"]]);
  });

  it("holds up no other conversation", async () => {
    const queue = createTurnQueue();
    await queue.enter("c");
    await expect(queue.enter("d")).resolves.toBeTypeOf("function");
  });

  it("refuses when the wait is over, and does not give that place a turn later", async () => {
    const queue = createTurnQueue(1);
    const release = await queue.enter("c");

    const refused = await queue.enter("c").catch(reasonOf);
    release();

    expect(refused).toBe("conversation_busy");
    await expect(queue.enter("c")).resolves.toBeTypeOf("function");
  });

  it("refuses the ninth who waits, at once", async () => {
    const queue = createTurnQueue();
    const release = await queue.enter("c");
    const waiting = Array.from({ length: 8 }, () => queue.enter("c"));

    expect(await queue.enter("c").catch(reasonOf)).toBe("conversation_busy");

    release();
    for (const one of waiting) (await one)();
  });

  it("takes no harm from a turn that is released twice", async () => {
    const queue = createTurnQueue();
    const release = await queue.enter("c");
    const second = queue.enter("c");
    const third = queue.enter("c");
    release();
    release();
    await second;

    let thirdEntered = false;
    void third.then(() => (thirdEntered = true));
    await settled();

    expect(thirdEntered).toBe(false);
  });
});
