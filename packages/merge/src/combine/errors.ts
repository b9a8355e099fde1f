// Errors of combining adapters.

import { itemized, LowrankError, listed, printable } from "@lowrank/contracts";

/** This method of combining adapters does not exist. Use one of the supported methods. */
export class UnknownCombinationError extends LowrankError {
  constructor(
    readonly combination: string,
    readonly known: readonly string[],
  ) {
    super("UNKNOWN_COMBINATION", `There is no combination type "${combination}". Use one of ${known.join(", ")}.`);
  }
}

/** A setting of a combination is invalid. Correct the setting that the message names. */
export class CombinationSettingError extends LowrankError {
  constructor(
    readonly setting: string,
    readonly got: unknown,
    readonly expected: string,
  ) {
    super("INVALID_COMBINATION_SETTING", `combineAdapters got ${setting} = ${String(got)} but needs ${expected}.`);
  }
}

/** This method needs adapters of equal rank. Use "exact", "cat" or "svd". */
export class UnequalRanksError extends LowrankError {
  constructor(
    readonly combination: string,
    /** Rank of each adapter at the first layer with different ranks. */
    readonly ranks: readonly { readonly adapter: string; readonly rank: number }[],
    readonly path: string,
  ) {
    const unequal = ranks.map(({ adapter, rank }) => `"${printable(adapter)}" has ${rank}`).join(", ");
    super(
      "UNEQUAL_RANKS",
      `"${combination}" combines A with A and B with B, so all adapters need the same rank; at ${printable(path)}: ${unequal}. ` +
        'Use "exact", "cat" or "svd", which support different ranks.',
    );
  }
}

/** Several adapters have their own whole weight for the same module. Combine only one of them, or train without modules to save. */
export class SharedSavedWeightError extends LowrankError {
  constructor(
    /** Names of the weights, without "base_model.model.". */
    readonly keys: readonly string[],
  ) {
    super(
      "SHARED_SAVED_WEIGHT",
      `Several adapters have their own values for ${listed(keys)}: whole weights are not low-rank ` +
        "updates and cannot be added. Leave such an adapter out, or train it without modules_to_save.",
    );
  }
}

/** An adapter has more than A and B, so it cannot be combined. Merge it into the base model instead. */
export class UncombinableAdapterError extends LowrankError {
  constructor(readonly problems: readonly { readonly adapter: string; readonly problem: string }[]) {
    const lines = problems.map(({ adapter, problem }) => `"${printable(adapter)}": ${problem}`);
    super(
      "UNCOMBINABLE_ADAPTER",
      `Only plain LoRA (an update of s·B·A) can be combined, reduced or compared:${itemized(lines)}`,
    );
  }
}

/** The adapters were trained on different base models. Combine adapters of the same base model. */
export class CombinationShapeError extends LowrankError {
  constructor(readonly mismatches: readonly { readonly path: string; readonly shapes: readonly string[] }[]) {
    const lines = mismatches.map(({ path, shapes }) => `${printable(path)}: ${shapes.join(" and ")}`);
    super(
      "COMBINATION_SHAPE",
      `The adapters were trained on different base models; their layers have different widths:${itemized(lines)}`,
    );
  }
}
