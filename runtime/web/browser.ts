import type { Address } from "./controller.ts";
import type { Surroundings } from "./delivery.ts";

/** The browser, as far as delivery needs it. */
export function createSurroundings(): Surroundings {
  return {
    now: Date.now,
    random: Math.random,
    uuid,
    pause: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const timer = setTimeout(done, ms);
        signal.addEventListener("abort", done);
        addEventListener("online", done);
        function done() {
          clearTimeout(timer);
          signal.removeEventListener("abort", done);
          removeEventListener("online", done);
          resolve();
        }
      }),
  };
}

export function createAddress(): Address {
  const to = (fragment: string) => (fragment === "#" ? location.pathname : fragment);
  return {
    fragment: () => location.hash,
    push: (fragment) => history.pushState(null, "", to(fragment)),
    replace: (fragment) => history.replaceState(null, "", to(fragment)),
  };
}

/** Whether the rail is folded is the one thing the page keeps in the browser. Where that is not allowed, it is open. */
export const railMemory = {
  folded(): boolean {
    try {
      return localStorage.getItem("rail") === "folded";
    } catch {
      return false;
    }
  },
  keep(folded: boolean): void {
    try {
      localStorage.setItem("rail", folded ? "folded" : "open");
    } catch {
      // A browser that keeps nothing shows the rail again next time; nothing else depends on it.
    }
  },
};

/** crypto.randomUUID is missing on plain HTTP from another machine; its bytes are not. Version 4, RFC 9562. */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes.set([((bytes[6] ?? 0) & 0x0f) | 0x40], 6);
  bytes.set([((bytes[8] ?? 0) & 0x3f) | 0x80], 8);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
