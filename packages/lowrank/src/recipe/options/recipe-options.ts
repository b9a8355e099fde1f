// All that a recipe may say, in the order of the help: the command line and the schema of recipes are made of it.

import { adapterOptions, tokenOptions } from "./adapter-options.ts";
import { engineOptions, fileOptions } from "./file-options.ts";
import { comparisonOptions, distillationOptions, preferenceOptions } from "./learning-options.ts";
import { loopOptions } from "./loop-options.ts";
import type { OptionGroup, RecipeOption } from "./recipe-option.ts";

/** The options of a run; what computes is said by every command. */
export const runOptions: readonly OptionGroup[] = [
  fileOptions,
  adapterOptions,
  tokenOptions,
  loopOptions,
  comparisonOptions,
  preferenceOptions,
  distillationOptions,
];

/** All of them by name. */
export const recipeOptions: ReadonlyMap<string, RecipeOption> = new Map(
  [...runOptions, engineOptions].flatMap(({ options }) =>
    options.map((option: RecipeOption) => [option.name, option] as const),
  ),
);
