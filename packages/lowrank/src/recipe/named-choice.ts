// How messages name an option of a recipe.

import type { RunChoices } from "./recipe.ts";

/** The option as it is written in a recipe, `targetModules`; the command line makes a flag of it where it prints. */
export function namedChoice(name: keyof RunChoices): string {
  return `\`${name}\``;
}
