// Which options of a run exclude each other, beyond what their table says.

import { UsageError } from "../../errors/usage-errors.ts";
import { variantOptions } from "../../options/adapter-options.ts";
import { namedChoice } from "../named-choice.ts";
import type { RunChoices } from "../recipe.ts";

const shapeOptions: readonly (keyof RunChoices)[] = [
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
export function checkChoices(options: RunChoices): void {
  const shape = shapeOptions.filter((name) => options[name] !== undefined).map(namedChoice);
  if (options.adapter !== undefined && shape.length > 0) {
    throw new UsageError(
      `${namedChoice("adapter")} continues an adapter whose shape is fixed: remove ${shape.join(", ")}.`,
    );
  }
  if (options.addAsSpecial === true && options.addTokens === undefined && options.addTokensFile === undefined) {
    const added = `${namedChoice("addTokens")} or ${namedChoice("addTokensFile")}`;
    throw new UsageError(`${namedChoice("addAsSpecial")} needs tokens to add: add ${added}.`);
  }
}
