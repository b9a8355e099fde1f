// What one types before the name of a command.

import type { CommandIo } from "../io.ts";

/** "lowrank", with npx or the repository's npm script before it for somebody who came by these. */
export function programName({ environment }: Pick<CommandIo, "environment">): string {
  if (environment.npm_lifecycle_event === "lowrank") return "npm run lowrank --";
  return environment.npm_lifecycle_event === "npx" ? "npx lowrank" : "lowrank";
}
