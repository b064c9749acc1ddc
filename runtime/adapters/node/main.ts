/** `npm start`. */
import { join } from "node:path";
import { inspect } from "node:util";
import { SetupError } from "../../problems.ts";
import { readSettings } from "../../settings.ts";
import { openDataDirectory } from "./data-directory.ts";
import { readEnvironment } from "./environment.ts";
import { startServer } from "./server.ts";
import { version } from "./version.ts";

/** @param page folder of the built page */
export async function main(page: string): Promise<void> {
  process.umask(0o077);
  try {
    const env = readEnvironment(join(process.cwd(), ".env"), process.env);
    const settings = readSettings(env);
    const directory = openDataDirectory(settings.data, env);
    const server = await startServer({ settings, directory, page, version });
    stopOnSignals(server.stop);

    process.stdout.write(`holdfast listening on ${server.url}\n`);
    if (!server.url.endsWith(`:${settings.port}`) && settings.port !== 0) process.stdout.write(`  port ${settings.port} is taken, so this is the next free one\n`);
    process.stdout.write(`  model  ${server.model}\n  data   ${directory.path}\n`);
    // A link in a log file or a journal would be a way in for whoever reads it.
    if (process.stdout.isTTY) process.stdout.write(`\n  Sign in, once, within ten minutes:\n  ${await server.link()}\n\n`);
    else process.stdout.write("  sign-in link: npm run admin -- link\n");
  } catch (error) {
    // A fault of the program itself shows where it is; thrown on, Node would print the bundle's line, which is most of the bundle.
    process.stderr.write(`holdfast did not start: ${error instanceof SetupError ? error.message : inspect(error)}\n`);
    process.exitCode = 1;
  }
}

function stopOnSignals(stop: () => Promise<void>): void {
  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      process.stdout.write("stopping: answers in flight are finished first; once more stops at once\n");
      void stop().then(() => process.exit(0));
    });
  }
}
