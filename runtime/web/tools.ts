import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Api } from "./api.ts";
import type { Controller } from "./controller.ts";
import type { Delivery } from "./delivery.ts";

/** What every part of the page can reach. */
export interface Tools {
  readonly api: Api;
  readonly controller: Controller;
  readonly delivery: Delivery;
}

export const ToolsContext = createContext<Tools | undefined>(undefined);

/** @throws {Error} outside of a ToolsContext */
export function useTools(): Tools {
  const tools = useContext(ToolsContext);
  if (tools === undefined) throw new Error("no tools: render inside ToolsContext");
  return tools;
}

/** Seconds until `deadline` (milliseconds since 1970), counted down while the part is shown; 0 when it has passed or is undefined. */
export function useSecondsUntil(deadline: number | undefined): number {
  const left = () => (deadline === undefined ? 0 : Math.max(0, Math.ceil((deadline - Date.now()) / 1000)));
  const [, tick] = useState(0);
  const seconds = left();
  useEffect(() => {
    if (seconds === 0) return;
    const timer = setTimeout(() => tick((n) => n + 1), 250);
    return () => clearTimeout(timer);
  });
  return seconds;
}
