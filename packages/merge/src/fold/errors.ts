// Errors of merging adapters into weights, and of undoing it.

import { itemized, LowrankError, listed } from "@lowrank/contracts";
import { failure, printable } from "@lowrank/contracts/internal";

/** Merging would make weights NaN or infinite, so nothing was changed. Use a finite adapter, or a smaller scale. */
export function nonFiniteMergeError(/** Paths of the weights that would not be finite. */ weights: readonly string[]) {
  return failure(
    "NON_FINITE_MERGE",
    `Merging would make ${listed(weights)} NaN or infinite, so nothing was changed. ` +
      "The adapter is broken (its training diverged?) or its scale is far too large.",
    { weights },
  );
}

/** Two modules share a weight, and the adapter changes only one of them. Untie them, or keep the adapter unmerged. */
export function tiedWeightError(ties: readonly { readonly path: string; readonly tiedWith: string }[]) {
  return failure(
    "TIED_WEIGHT",
    `Cannot merge into ${ties.map(({ path, tiedWith }) => `"${path}" (shares its weight with "${tiedWith}")`).join(", ")}: ` +
      'the other module would change too. Separate the weights (tied: "untie"; --tied untie on the command ' +
      "line), keep the adapter unmerged, or train it without this module as a target.",
    { ties },
  );
}

/** The adapter's update cannot be stored in the base model's weights. Keep the adapter unmerged. */
export function unmergeableError(problems: readonly { readonly path: string; readonly problem: string }[]) {
  return failure(
    "UNMERGEABLE",
    `Cannot merge into these:${itemized(problems.map(({ path, problem }) => `"${printable(path)}": ${problem}`))}\nKeep the adapter unmerged.`,
    { problems },
  );
}

/** The adapter is already merged. Use the merged model as it is. */
export function alreadyMergedError(adapterNames: readonly string[]) {
  return failure(
    "ALREADY_MERGED",
    `${listed(adapterNames)} ${adapterNames.length === 1 ? "is" : "are"} already merged into this model; a second merge would apply the update twice.`,
    { adapterNames },
  );
}

/** A later merge was not undone yet. Undo merges in reverse order, the last one first. */
export function laterMergeError(adapterNames: readonly string[], laterAdapterNames: readonly string[]) {
  return failure(
    "LATER_MERGE",
    `Cannot undo the merge of ${listed(adapterNames)} before the later one of ${listed(laterAdapterNames)}: ` +
      "undo merges in the reverse order, the last one first.",
    { adapterNames, laterAdapterNames },
  );
}

/** A merge with `keepOriginals: false` cannot be undone. Load the base model again. */
export function finalMergeError(adapterNames: readonly string[]) {
  return failure(
    "FINAL_MERGE",
    `The merge of ${listed(adapterNames)} cannot be undone: it was made with \`keepOriginals: false\`, which frees the original ` +
      "weights. Load the base model again.",
    { adapterNames },
  );
}

/** The engine failed during a merge with `keepOriginals: false`. Dispose of the model and load the base model again. */
export function unfinishedMergeError(
  /** Paths of the weights that are already merged. */
  merged: readonly string[] /** Path of the weight that could not be merged. */,
  path: string,
  cause: unknown,
) {
  return failure(
    "UNFINISHED_MERGE",
    `Merging stopped at "${path}", after ${merged.length} weights: ${cause instanceof Error ? cause.message : String(cause)} ` +
      "Their original values are gone (`keepOriginals: false`), so the model is partly merged: dispose of it and " +
      "load the base model again.",
    { merged, path, cause },
  );
}

/** No adapter was given to merge. Pass at least one adapter. */
export function nothingToMergeError() {
  return failure("NOTHING_TO_MERGE", "mergeAdapter got no adapter. Pass at least one.", {});
}

/** The adapter is attached to another model. Merge it into the model that it was attached to. */
export class ForeignAdapterError extends LowrankError {
  constructor(readonly adapterName: string) {
    super(
      "FOREIGN_ADAPTER",
      `The adapter "${printable(adapterName)}" is not attached to this model. Merge it into the model that it was attached to.`,
    );
  }
}

/** The merged model's logits differ from the adapted model's by more than the tolerance. Undo the merge, or raise the tolerance. */
export function mergeVerificationError(largestDifference: number, tolerance: number) {
  return failure(
    "MERGE_VERIFICATION",
    `Merged and adapted logits differ by up to ${largestDifference.toPrecision(3)}, more than the tolerance ` +
      `${tolerance}. Undo the merge. A base model in low precision or a very large scaling may need a larger tolerance.`,
    { largestDifference, tolerance },
  );
}

/** The logits of the adapted and the merged model have different shapes. Run both on the same inputs. */
export function logitsShapeError(adapted: readonly number[], merged: readonly number[]) {
  return failure(
    "LOGITS_SHAPE",
    `Adapted logits have shape [${adapted.join(", ")}], merged ones [${merged.join(", ")}]. Run both on the same inputs.`,
    { adapted, merged },
  );
}
