const BROWSERS: readonly (readonly [name: string, mark: RegExp])[] = [
  ["Edge", /Edg(?:e|A|iOS)?\//],
  ["Opera", /OPR\//],
  ["Samsung Internet", /SamsungBrowser\//],
  ["Firefox", /Firefox\/|FxiOS\//],
  ["Chrome", /Chrome\/|CriOS\//],
  ["Safari", /Safari\//],
];

const SYSTEMS: readonly (readonly [name: string, mark: RegExp])[] = [
  ["iPhone", /iPhone/],
  ["iPad", /iPad/],
  ["Android", /Android/],
  ["Windows", /Windows/],
  ["macOS", /Mac OS X|Macintosh/],
  ["ChromeOS", /CrOS/],
  ["Linux", /Linux/],
];

/** A browser's User-Agent in words, such as "Firefox on Linux"; what is no browser keeps its own name. */
export function deviceName(userAgent: string): string {
  if (!userAgent.startsWith("Mozilla/")) return userAgent.trim() === "" ? "Unknown device" : userAgent.slice(0, 80);
  const browser = BROWSERS.find(([, mark]) => mark.test(userAgent))?.[0] ?? "A browser";
  const system = SYSTEMS.find(([, mark]) => mark.test(userAgent))?.[0];
  return system === undefined ? browser : `${browser} on ${system}`;
}
