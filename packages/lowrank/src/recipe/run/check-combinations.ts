// Options of a run that exclude each other, in addition to the rules of their table.

import { named } from "../../errors/named-option.ts";
import { UsageError } from "../../errors/usage-errors.ts";
import { variantOptions } from "../../options/adapter-options.ts";
import type { CompleteRecipe } from "../recipe.ts";

const shapeOptions: readonly (keyof CompleteRecipe)[] = [
  ...(["rank", "alpha", "dropout", "targetModules", "useRslora"] as const),
  ...variantOptions.map(({ name }) => name),
  ...([
    "init",
    "initBatches",
    "bias",
    "modulesToSave",
    "loraConfig",
    "baseName",
    "addTokens",
    "addTokensFile",
  ] as const),
];

/** Throws a UsageError for options that contradict each other. */
export function checkCombinations(options: CompleteRecipe): void {
  const shape = shapeOptions.filter((name) => options[name] !== undefined).map(named);
  if (options.adapter !== undefined && shape.length > 0) {
    throw new UsageError(`${named("adapter")} continues an adapter, whose shape is fixed. Remove ${shape.join(", ")}.`);
  }
  if (options.reward !== undefined && options.objective === undefined)
    throw new UsageError(`${named("reward")} needs an ${named("objective")} that learns from it: add grpo or rloo.`);
  if (options.addAsSpecial === true && options.addTokens === undefined && options.addTokensFile === undefined) {
    const added = `${named("addTokens")} or ${named("addTokensFile")}`;
    throw new UsageError(`${named("addAsSpecial")} needs tokens to add: add ${added}.`);
  }
}
