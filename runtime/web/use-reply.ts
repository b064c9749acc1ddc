import { useEffect, useState } from "preact/hooks";
import type { Reply } from "./api.ts";

/** Asks when the part is first shown, when `ask` is another function, and when the returned function is called. Undefined until the first reply. */
export function useReply<T>(ask: () => Promise<Reply<T>>): [reply: Reply<T> | undefined, again: () => void] {
  const [reply, setReply] = useState<Reply<T>>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    let wanted = true;
    void ask().then((value) => wanted && setReply(value));
    return () => {
      wanted = false;
    };
  }, [ask, round]);
  return [reply, () => setRound((n) => n + 1)];
}
