// What folding adapters into weights, and the way back, can refuse.

import { itemized, LowrankError, listed, printable } from "@lowrank/contracts";

/** Folding would put NaN or infinity into weights. Nothing was changed. */
export class NonFiniteMergeError extends LowrankError {
  constructor(
    /** Paths of the weights that would not be finite. */
    readonly weights: readonly string[],
  ) {
    super(
      "NON_FINITE_MERGE",
      `Merging would make ${listed(weights)} NaN or infinite, so nothing was changed. ` +
        "The adapter is broken (its training diverged?) or its scale is far too large.",
    );
  }
}

/** A weight is shared by two modules, and the adapter changes only one of them. */
export class TiedWeightError extends LowrankError {
  constructor(readonly ties: readonly { readonly path: string; readonly tiedWith: string }[]) {
    super(
      "TIED_WEIGHT",
      `Cannot merge into ${ties.map(({ path, tiedWith }) => `"${path}" (shares its weight with "${tiedWith}")`).join(", ")}: ` +
        'the other module would change too. Give each a weight of its own (tied: "untie"; --tied untie on the command ' +
        "line), keep the adapter unmerged, or train it without this module as a target.",
    );
  }
}

/** An adapter computes something that no weight of the base can. */
export class UnmergeableError extends LowrankError {
  constructor(readonly problems: readonly { readonly path: string; readonly problem: string }[]) {
    super(
      "UNMERGEABLE",
      `Cannot merge into these:${itemized(problems.map(({ path, problem }) => `"${printable(path)}": ${problem}`))}\nKeep the adapter unmerged.`,
    );
  }
}

/** An adapter is merged already. */
export class AlreadyMergedError extends LowrankError {
  constructor(readonly adapterNames: readonly string[]) {
    super(
      "ALREADY_MERGED",
      `${listed(adapterNames)} ${adapterNames.length === 1 ? "is" : "are"} merged into this model already; merging twice would apply it twice.`,
    );
  }
}

/** Another merge lies on top of the one to undo. */
export class LaterMergeError extends LowrankError {
  constructor(
    readonly adapterNames: readonly string[],
    readonly laterAdapterNames: readonly string[],
  ) {
    super(
      "LATER_MERGE",
      `Cannot undo the merge of ${listed(adapterNames)} before the later one of ${listed(laterAdapterNames)}: ` +
        "undo merges in the reverse order, the last one first.",
    );
  }
}

/** A merge that gave up the originals cannot be undone. */
export class FinalMergeError extends LowrankError {
  constructor(readonly adapterNames: readonly string[]) {
    super(
      "FINAL_MERGE",
      `The merge of ${listed(adapterNames)} cannot be undone: it was made with \`keepOriginals: false\`, which frees the weights ` +
        "from before. Load the base again.",
    );
  }
}

/** The engine failed while a merge was giving up the originals. The model must not be used any more. */
export class UnfinishedMergeError extends LowrankError {
  constructor(
    /** Paths of the weights that hold the merged values already. */
    readonly merged: readonly string[],
    /** Path of the weight that could not be merged. */
    readonly path: string,
    override readonly cause: unknown,
  ) {
    super(
      "UNFINISHED_MERGE",
      `Merging stopped at "${path}", after ${merged.length} weights: ${cause instanceof Error ? cause.message : String(cause)} ` +
        "Their originals were given up (`keepOriginals: false`), so the model is neither merged nor plain: dispose of it and " +
        "load the base again.",
    );
  }
}

/** No adapter was given to merge. */
export class NothingToMergeError extends LowrankError {
  constructor() {
    super("NOTHING_TO_MERGE", "mergeAdapter was given no adapter.");
  }
}

/** An adapter belongs to another model than the one it was to be merged into. */
export class ForeignAdapterError extends LowrankError {
  constructor(readonly adapterName: string) {
    super(
      "FOREIGN_ADAPTER",
      `The adapter "${printable(adapterName)}" is not one of this model's. Merge it into the model it was attached to.`,
    );
  }
}

/** Merged and adapted model do not compute the same. */
export class MergeVerificationError extends LowrankError {
  constructor(
    readonly largestDifference: number,
    readonly tolerance: number,
  ) {
    super(
      "MERGE_VERIFICATION",
      `Merged and adapted logits differ by up to ${largestDifference.toPrecision(3)}, more than the tolerance ` +
        `${tolerance}. Undo the merge; a base in low precision or a very large scaling may need a larger tolerance.`,
    );
  }
}

/** Two sets of logits cannot be compared. */
export class LogitsShapeError extends LowrankError {
  constructor(
    readonly adapted: readonly number[],
    readonly merged: readonly number[],
  ) {
    super(
      "LOGITS_SHAPE",
      `Adapted logits have shape [${adapted.join(", ")}], merged ones [${merged.join(", ")}]. Run both on the same inputs.`,
    );
  }
}
