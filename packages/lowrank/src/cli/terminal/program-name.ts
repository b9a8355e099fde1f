// What one types before the name of a command.

import type { CommandIo } from "../io.ts";

/** "lowrank", or in a clone of the repository, where no such program is installed, the npm script of that name. */
export function programName({ environment }: Pick<CommandIo, "environment">): string {
  return environment.npm_lifecycle_event === "lowrank" ? "npm run lowrank --" : "lowrank";
}
