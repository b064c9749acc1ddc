/** Every admin command there is. */
import type { Command } from "./command.ts";
import { peopleCommands } from "./people-commands.ts";
import { serverCommands } from "./server-commands.ts";

export const commands: readonly Command[] = [...peopleCommands, ...serverCommands];
