/** The built server with the fake model, and a browser that visits it. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { startFakeModel } from "../../fakes/model.ts";
import type { FakeModel } from "../../fakes/model.ts";
import { runAdmin, startServerProcess, temporaryData } from "../../support/server-process.ts";
import type { ServerProcess } from "../../support/server-process.ts";
import { launch, visit } from "../../web/support/chromium.ts";
import type { Visit } from "../../web/support/chromium.ts";

export interface Holdfast {
  readonly fake: FakeModel;
  readonly server: ServerProcess;
  readonly data: string;
  /** What `npm run admin -- link` prints. */
  link(): Promise<string>;
  /** Starts the server again on the same data, at the same address. */
  startAgain(): Promise<void>;
  /** Opens a browser of its own. At the end of the test it must have asked no other host and broken no rule. */
  visit(options?: BrowserContextOptions): Promise<Visit>;
  signedIn(options?: BrowserContextOptions): Promise<Page>;
}

/** A browser and a fake model for a file of tests, a new server on new data for each. @param settings @default - the fake model answers */
export function useHoldfast(settings?: Record<string, string>): Holdfast {
  let browser: Browser;
  let fake: FakeModel;
  let data: ReturnType<typeof temporaryData>;
  let server: ServerProcess;
  let visits: Visit[] = [];

  const env = () => settings ?? { HOLDFAST_MODEL_PROVIDER: "openai-compatible", HOLDFAST_MODEL_NAME: "fake-model", HOLDFAST_MODEL_BASE_URL: fake.url, HOLDFAST_MODEL_REGION: "eu", HOLDFAST_REQUESTS_PER_MINUTE: "1000" };

  beforeAll(async () => {
    [browser, fake] = await Promise.all([launch(), startFakeModel()]);
  }, 30_000);
  beforeEach(async () => {
    fake.requests.length = 0;
    data = temporaryData();
    server = await startServerProcess(data.path, env());
  });
  afterEach(async () => {
    const all = visits;
    visits = [];
    await Promise.all(all.map(({ context }) => context.close()));
    await server.stop("SIGKILL");
    data.remove();
    for (const { hosts, trouble } of all) expect({ hosts: [...hosts], trouble }).toEqual({ hosts: [new URL(server.url).host], trouble: [] });
  });
  afterAll(async () => {
    await Promise.all([browser.close(), fake.close()]);
  });

  async function open(options?: BrowserContextOptions): Promise<Visit> {
    const opened = await visit(browser, options);
    visits.push(opened);
    return opened;
  }

  async function link(): Promise<string> {
    const [address = ""] = /http:\S+#link=\S+/.exec(await runAdmin(data.path, ["link"])) ?? [];
    return address;
  }

  return {
    get fake() {
      return fake;
    },
    get server() {
      return server;
    },
    get data() {
      return data.path;
    },
    link,
    async startAgain() {
      server = await startServerProcess(data.path, { ...env(), HOLDFAST_PORT: new URL(server.url).port });
    },
    visit: open,
    async signedIn(options) {
      const { page } = await open(options);
      await page.goto(await link());
      await page.getByLabel("Your message").waitFor();
      return page;
    },
  };
}

/** The words that the fake says to `[[words n]]`. */
export function words(count: number): string {
  return Array.from({ length: count }, (_, index) => `word${index + 1}`).join(" ");
}
