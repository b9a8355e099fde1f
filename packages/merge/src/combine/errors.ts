// Errors of combining adapters.

import { itemized, listed } from "@lowrank/contracts";
import { failure, printable } from "@lowrank/contracts/internal";

/** This method of combining adapters does not exist. Use one of the supported methods. */
export function unknownCombinationError(combination: string, known: readonly string[]) {
  return failure(
    "UNKNOWN_COMBINATION",
    `There is no combination type "${combination}". Use one of ${known.join(", ")}.`,
    { combination, known },
  );
}

/** A setting of a combination is invalid. Correct the setting that the message names. */
export function combinationSettingError(setting: string, got: unknown, expected: string) {
  return failure(
    "INVALID_COMBINATION_SETTING",
    `combineAdapters got ${setting} = ${String(got)} but needs ${expected}.`,
    { setting, got, expected },
  );
}

/** This method needs adapters of equal rank. Use "exact", "cat" or "svd". */
export function unequalRanksError(
  combination: string /** Rank of each adapter at the first layer with different ranks. */,
  ranks: readonly { readonly adapter: string; readonly rank: number }[],
  path: string,
) {
  const unequal = ranks.map(({ adapter, rank }) => `"${printable(adapter)}" has ${rank}`).join(", ");
  return failure(
    "UNEQUAL_RANKS",
    `"${combination}" combines A with A and B with B, so all adapters need the same rank; at ${printable(path)}: ${unequal}. ` +
      'Use "exact", "cat" or "svd", which support different ranks.',
    { combination, ranks, path },
  );
}

/** Several adapters have their own whole weight for the same module. Combine only one of them, or train without modules to save. */
export function sharedSavedWeightError(
  /** Names of the weights, without "base_model.model.". */
  keys: readonly string[],
) {
  return failure(
    "SHARED_SAVED_WEIGHT",
    `Several adapters have their own values for ${listed(keys)}: whole weights are not low-rank ` +
      "updates and cannot be added. Leave such an adapter out, or train it without modules_to_save.",
    { keys },
  );
}

/** An adapter has more than A and B, so it cannot be combined. Merge it into the base model instead. */
export function uncombinableAdapterError(problems: readonly { readonly adapter: string; readonly problem: string }[]) {
  const lines = problems.map(({ adapter, problem }) => `"${printable(adapter)}": ${problem}`);
  return failure(
    "UNCOMBINABLE_ADAPTER",
    `Only plain LoRA (an update of s·B·A) can be combined, reduced or compared:${itemized(lines)}`,
    { problems },
  );
}

/** The adapters were trained on different base models. Combine adapters of the same base model. */
export function combinationShapeError(
  mismatches: readonly { readonly path: string; readonly shapes: readonly string[] }[],
) {
  const lines = mismatches.map(({ path, shapes }) => `${printable(path)}: ${shapes.join(" and ")}`);
  return failure(
    "COMBINATION_SHAPE",
    `The adapters were trained on different base models; their layers have different widths:${itemized(lines)}`,
    { mismatches },
  );
}
