/** Opens a data directory: keys, store and key store, checked against each other. */
import { userInfo } from "node:os";
import { keepHead } from "../../audit/outside-head.ts";
import { createPersonKeys } from "../../crypto/person-keys.ts";
import type { KeyRing } from "../../crypto/key-ring.ts";
import { IntegrityError } from "../../crypto/envelope.ts";
import { Problem, SetupError } from "../../problems.ts";
import { createServices } from "../../services.ts";
import type { Services } from "../../services.ts";
import type { Settings } from "../../settings.ts";
import { openDiskBlobs } from "../../store/disk-blobs.ts";
import { StoreError } from "../../store/errors.ts";
import { openNodeStore } from "../../store/node-sqlite.ts";
import type { NodeStore } from "../../store/node-sqlite.ts";
import { migrate } from "../../store/schema.ts";
import type { DataDirectory } from "./data-directory.ts";
import { takeFileLock } from "./file-lock.ts";
import { openHeadFile } from "./head-file.ts";
import { loadKeyRing } from "./key-ring-file.ts";

const clock = { now: Date.now };

export interface OpenData {
  readonly services: Services;
  close(): void;
}

/** A migration of a large store by another process may take this long. */
const OPENING_MILLISECONDS = 60_000;

/**
 * Opens the data, or makes it where there is none. One process at a time: two first starts at once would make two key rings.
 * @throws {SetupError} when the data cannot be used, with what to do about it
 */
export async function openData(directory: DataDirectory, settings: Settings): Promise<OpenData> {
  const lock = takeFileLock(directory.opening, OPENING_MILLISECONDS);
  if (!lock) throw new SetupError(`another process has been opening the data in ${directory.path} for a minute: wait for it, or end it`);
  try {
    return await openAlone(directory, settings);
  } finally {
    lock.release();
  }
}

async function openAlone(directory: DataDirectory, settings: Settings): Promise<OpenData> {
  const ring = await loadKeyRing(directory, new Date());
  const keyStore = openDiskBlobs(directory.keyStore);
  const heads = openHeadFile(settings.auditHeads ?? directory.auditHeads);
  await heads.probe().catch((error: unknown) => {
    throw new SetupError(`heads of the audit log cannot be kept in ${heads.name} (${error instanceof Error ? error.message : String(error)}): set HOLDFAST_AUDIT_HEADS to a file in a folder that exists`);
  });
  const store = openStore(directory);
  try {
    const before = await migrate(store);
    const services = createServices({ store, keyStore, ring, heads, clock, fetch: globalThis.fetch, settings });
    await checkKeys(services, directory);
    const by = { who: "", surface: "system" } as const;
    if (before === 0) await services.foundation.ledger.commit([], { ...by, action: "store.created", outcome: "ok" });
    if ((await services.people.list()).length === 0) await services.people.add(userName(), "owner", by);
    if (before === 0) await keepHead(services.foundation.ledger, heads, clock);
    return { services, close: () => store.close() };
  } catch (error) {
    store.close();
    throw asSetupError(error, directory);
  }
}

/** A service user may have a number only. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "owner";
  }
}

/** Wraps every data key anew with the ring's newest key. */
export function rewrapKeys(directory: DataDirectory, ring: KeyRing): Promise<number> {
  return createPersonKeys(openDiskBlobs(directory.keyStore), ring).rewrap();
}

function openStore(directory: DataDirectory): NodeStore {
  try {
    return openNodeStore(directory.store);
  } catch (error) {
    throw asSetupError(error, directory);
  }
}

/** A ring or a key store of other data shows at the first person already. */
async function checkKeys({ foundation: { store, personKeys } }: Services, { keyStore, keyRing }: DataDirectory): Promise<void> {
  const [rows = []] = await store.read([{ sql: "SELECT id FROM people ORDER BY created_at LIMIT 1", params: [] }]);
  if (!rows[0]) return;
  try {
    await personKeys.get(String(rows[0]["id"]));
  } catch (error) {
    if (error instanceof Problem) throw new SetupError(`the keys in ${keyStore} do not belong to this data: ${error.details.detail}`);
    if (error instanceof IntegrityError) throw new SetupError(`the key ring ${keyRing} does not open the keys in ${keyStore} (${error.message}): put back the ones that belong together`);
    throw error;
  }
}

/** An error of the data as one for whoever runs the server; any other error comes back as it is. */
export function asSetupError(error: unknown, { path, store }: DataDirectory): unknown {
  if (error instanceof IntegrityError || error instanceof Problem) return new SetupError(`the data in ${path} is damaged or was changed from outside (${error.message}): keep it as it is, and put back a backup beside its key ring`);
  if (error instanceof Error && "code" in error && error.code === "ENOSPC") return diskFull(path);
  if (!(error instanceof StoreError)) return error;
  switch (error.reason) {
    case "full":
      return diskFull(path);
    case "corrupt":
      return new SetupError(`the store ${store} is damaged (${error.message}): keep it as it is, and put back a backup beside its key ring`);
    case "away":
      return new SetupError(`the store ${store} cannot be opened (${error.message}): check its owner and mode, and that no other program holds it`);
    default:
      return error.reason satisfies never;
  }
}

function diskFull(path: string): SetupError {
  return new SetupError(`the disk of ${path} is full: free some space and start again; nothing was lost`);
}
