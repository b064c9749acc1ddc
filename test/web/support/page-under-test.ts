import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { buildPage } from "../../../scripts/build-page.ts";
import { launch, visit, type Visit } from "./chromium.ts";
import { startStandIn, type StandIn } from "./stand-in.ts";

export interface PageUnderTest {
  readonly server: StandIn;
  /** Opens a browser of its own. At the end of the test every visit must have asked no other host and broken no rule. */
  visit(options?: BrowserContextOptions): Promise<Visit>;
  /** Opens a browser and signs in. */
  signedIn(options?: BrowserContextOptions): Promise<Page>;
}

/** Builds the page and starts Chromium once for a file of tests, and a fresh server for each test. */
export function usePage(): PageUnderTest {
  let dir: string;
  let browser: Browser;
  let server: StandIn;
  let visits: Visit[] = [];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "page-"));
    await buildPage(dir);
    browser = await launch();
  }, 30_000);
  beforeEach(async () => {
    server = await startStandIn(dir);
  });
  afterEach(async () => {
    const all = visits;
    visits = [];
    await Promise.all(all.map(({ context }) => context.close()));
    await server.close();
    for (const { hosts, trouble } of all) {
      expect([...hosts]).toEqual([new URL(server.url).host]);
      expect(trouble).toEqual([]);
    }
  });
  afterAll(async () => {
    await browser.close();
    await rm(dir, { recursive: true });
  });

  async function open(options?: BrowserContextOptions): Promise<Visit> {
    const opened = await visit(browser, options);
    visits.push(opened);
    return opened;
  }
  return {
    get server() {
      return server;
    },
    visit: open,
    async signedIn(options) {
      const { page } = await open(options);
      await page.goto(server.link());
      await page.getByLabel("Your message").waitFor();
      return page;
    },
  };
}

/** The text of the newest answer. */
export function answerOf(page: Page) {
  return page.locator(".answer").last();
}

export async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Your message").fill(text);
  await page.keyboard.press("Enter");
}
