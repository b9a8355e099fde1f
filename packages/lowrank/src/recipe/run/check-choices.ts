// Which options of a run exclude each other, beyond what their table says.

import { UsageError } from "../../errors/usage-errors.ts";
import type { RunChoices } from "../recipe.ts";
import { variantOptions } from "../variant-fields.ts";

const shapeOptions: readonly (readonly [keyof RunChoices, string])[] = [
  ["rank", "--rank"],
  ["alpha", "--alpha"],
  ["dropout", "--dropout"],
  ["targetModules", "--target-modules"],
  ["useRslora", "--use-rslora"],
  ...variantOptions.map(({ name, flag }) => [name, flag.replace(/ .*/, "")] as const),
  ["init", "--init"],
  ["initBatches", "--init-batches"],
  ["bias", "--bias"],
  ["modulesToSave", "--modules-to-save"],
  ["loraConfig", "--lora-config"],
  ["addTokens", "--add-tokens"],
  ["addTokensFile", "--add-tokens-file"],
];

/** Throws a UsageError for options that contradict each other. */
export function checkChoices(options: RunChoices): void {
  const shape = shapeOptions.filter(([key]) => options[key] !== undefined).map(([, flag]) => flag);
  if (options.adapter !== undefined && shape.length > 0) {
    throw new UsageError(`--adapter continues an adapter whose shape is fixed: remove ${shape.join(", ")}.`);
  }
  if (options.addAsSpecial === true && options.addTokens === undefined && options.addTokensFile === undefined) {
    throw new UsageError("--add-as-special needs tokens to add: add --add-tokens or --add-tokens-file.");
  }
  const needsRows = (["evalEvery", "patience", "bestBy"] as const).find((name) => options[name] !== undefined);
  if (needsRows !== undefined && options.validation === undefined && options.validationShare === undefined) {
    const flag = { evalEvery: "--eval-every", patience: "--patience", bestBy: "--best-by" }[needsRows];
    throw new UsageError(`${flag} needs something to evaluate on: add --validation or --validation-share.`);
  }
}
