import { openDataDirectory } from "../../runtime/adapters/node/data-directory.ts";
import { openData } from "../../runtime/adapters/node/open-data.ts";
import { readSettings } from "../../runtime/settings.ts";
import type { Foundation } from "../../runtime/foundation.ts";
import type { Prepared } from "./rig.ts";

/** Opens the data of a server that does not run, as its owner. */
export async function withFoundation<T>({ program, folder }: Prepared, use: (foundation: Foundation, person: string) => Promise<T>): Promise<T> {
  const { services, close } = await openData(openDataDirectory(folder, {}), readSettings(program.env));
  try {
    const owner = (await services.people.list()).find(({ role }) => role === "owner");
    if (owner === undefined) throw new Error(`nobody owns the data in ${folder}`);
    return await use(services.foundation, owner.id);
  } finally {
    close();
  }
}
