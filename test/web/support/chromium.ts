import { existsSync } from "node:fs";
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";

const executablePath = "/usr/bin/chromium";

/** Why the browser tests cannot run here, or undefined when they can. */
export const noBrowser: string | undefined = existsSync(executablePath) ? undefined : `${executablePath} is missing; install chromium to run the browser tests`;
if (noBrowser !== undefined) console.warn(`skipped: ${noBrowser}`);

export function launch(): Promise<Browser> {
  const args = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(" ");
  return chromium.launch({ executablePath, args });
}

/** A browser of its own, with a record of what the page must never do. */
export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Hosts of every request, of every frame and worker. */
  readonly hosts: Set<string>;
  /** Refusals of the Content-Security-Policy, errors, and dialogs opened by a script. */
  readonly trouble: string[];
}

export async function visit(browser: Browser, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const hosts = new Set<string>();
  const trouble: string[] = [];
  context.on("request", (request) => hosts.add(new URL(request.url()).host));
  context.on("console", (message) => /Content Security Policy|TrustedHTML|Trusted Type/i.test(message.text()) && trouble.push(message.text()));
  context.on("weberror", (event) => trouble.push(String(event.error())));
  await context.exposeFunction("reportTrouble", (what: string) => void trouble.push(what));
  await context.addInitScript(() => {
    const report = (what: string) => (window as unknown as { reportTrouble(what: string): void }).reportTrouble(what);
    addEventListener("securitypolicyviolation", (event) => report(`${event.violatedDirective} ${event.blockedURI}`));
    window.alert = (text?: unknown) => report(`alert ${String(text)}`);
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  return { context, page, hosts, trouble };
}
