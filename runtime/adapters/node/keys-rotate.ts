/** `keys rotate`: works on the key ring's file, so only on the machine that holds it. */
import { z } from "zod";
import { command } from "../../admin/command.ts";
import type { Command } from "../../admin/command.ts";
import { openKeyRing, rotateKeyRing } from "../../crypto/key-ring.ts";
import { SetupError } from "../../problems.ts";
import type { DataDirectory } from "./data-directory.ts";
import { findRunningServer, lockInstance } from "./instance-lock.ts";
import { readKeyRingDocument, writeKeyRingDocument } from "./key-ring-file.ts";
import { rewrapKeys } from "./open-data.ts";

/** @param here opens the data directory */
export function keysRotate(here: () => DataDirectory): Command {
  return command({
    name: "keys rotate",
    summary: "adds a key to the key ring and wraps every data key with it; on this machine only, while the server is stopped",
    positional: [],
    input: z.strictObject({}),
    async run({ foundation }, _input, by) {
      const directory = here();
      // A server that runs, or starts meanwhile, would go on with the old ring and open nothing any more.
      const server = findRunningServer(directory);
      if (server) throw new SetupError(`the server at ${server.url} runs with the old key ring: stop it first`);
      const lock = lockInstance(directory);
      try {
        const before = readKeyRingDocument(directory);
        if (!before) throw new SetupError(`there is no key ring at ${directory.keyRing}`);
        const ring = rotateKeyRing(before, new Date());
        writeKeyRingDocument(directory, ring);
        const rewrapped = await rewrapKeys(directory, await openKeyRing(ring));
        await foundation.ledger.commit([], { ...by, action: "keys.rotated", outcome: "ok", sizes: { rewrapped } });
        return { rewrapped, keyRing: directory.keyRing };
      } finally {
        lock.release();
      }
    },
    print: ({ rewrapped, keyRing }) => [`Wrapped ${rewrapped} data keys with the new key. Copy ${keyRing} to where you keep its copy.`],
  });
}
