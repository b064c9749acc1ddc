import { useEffect, useState } from "preact/hooks";
import type { Reply } from "./api.ts";

/** Asks when the part is first shown, when `inputs` change, and when the returned function is called. Undefined while asking. */
export function useReply<T>(ask: () => Promise<Reply<T>>, inputs: readonly unknown[]): [reply: Reply<T> | undefined, again: () => void] {
  const [reply, setReply] = useState<Reply<T>>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    let wanted = true;
    void ask().then((value) => wanted && setReply(value));
    return () => {
      wanted = false;
    };
  }, [...inputs, round]);
  return [reply, () => setRound((n) => n + 1)];
}
