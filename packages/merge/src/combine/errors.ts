// Everything that combining adapters can refuse.

import { itemized, LowrankError, listed, printable } from "@lowrank/contracts";

/** A method that does not exist. */
export class UnknownCombinationError extends LowrankError {
  constructor(
    readonly combination: string,
    readonly known: readonly string[],
  ) {
    super("UNKNOWN_COMBINATION", `Adapters cannot be combined by "${combination}". Known types: ${known.join(", ")}.`);
  }
}

/** A setting of a combination that is not what it has to be. */
export class CombinationSettingError extends LowrankError {
  constructor(
    readonly setting: string,
    readonly got: unknown,
    readonly expected: string,
  ) {
    super("INVALID_COMBINATION_SETTING", `combineAdapters got ${setting} = ${String(got)} but needs ${expected}.`);
  }
}

/** A method that works on A and B apart needs adapters of one rank. */
export class UnequalRanksError extends LowrankError {
  constructor(
    readonly combination: string,
    /** By adapter, at the first layer where they differ. */
    readonly ranks: readonly { readonly adapter: string; readonly rank: number }[],
    readonly path: string,
  ) {
    const unequal = ranks.map(({ adapter, rank }) => `"${printable(adapter)}" has ${rank}`).join(", ");
    super(
      "UNEQUAL_RANKS",
      `"${combination}" combines A with A and B with B, so all adapters need one rank; at ${printable(path)}: ${unequal}. ` +
        'Use "exact", "cat" or "svd", which take any ranks.',
    );
  }
}

/** Adapters that bring a whole weight of their own for the same module. */
export class SharedSavedWeightError extends LowrankError {
  constructor(
    /** Names of the weights, without "base_model.model.". */
    readonly keys: readonly string[],
  ) {
    super(
      "SHARED_SAVED_WEIGHT",
      `Several adapters have a value of their own for ${listed(keys)}: whole weights are not low-rank ` +
        "updates and cannot be added up. Keep such an adapter apart, or train it without these modules to save.",
    );
  }
}

/** Adapters whose effect is more than the product B·A. */
export class UncombinableAdapterError extends LowrankError {
  constructor(readonly problems: readonly { readonly adapter: string; readonly problem: string }[]) {
    const lines = problems.map(({ adapter, problem }) => `"${printable(adapter)}": ${problem}`);
    super(
      "UNCOMBINABLE_ADAPTER",
      `Only plain LoRA can be combined, reduced or compared by its pairs, where an update is s·B·A:${itemized(lines)}`,
    );
  }
}

/** Adapters of different base models. */
export class CombinationShapeError extends LowrankError {
  constructor(readonly mismatches: readonly { readonly path: string; readonly shapes: readonly string[] }[]) {
    const lines = mismatches.map(({ path, shapes }) => `${printable(path)}: ${shapes.join(" and ")}`);
    super(
      "COMBINATION_SHAPE",
      `The adapters were not made for the same base model; their layers have different widths:${itemized(lines)}`,
    );
  }
}
