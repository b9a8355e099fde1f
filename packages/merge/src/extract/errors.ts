// Everything that extracting an adapter can refuse.

import { itemised, LowrankError, listed, printable } from "@lowrank/contracts";

/** Two checkpoints that are not one model before and after. */
export class ExtractionMismatchError extends LowrankError {
  constructor(readonly mismatches: readonly { readonly path: string; readonly problem: string }[]) {
    super(
      "EXTRACTION_MISMATCH",
      "The tuned model is another than the base; an adapter is the difference of two checkpoints of one model:" +
        itemised(mismatches.map(({ path, problem }) => `${printable(path)} ${problem}`)),
    );
  }
}

/** No weight that was asked for differs. */
export class NothingToExtractError extends LowrankError {
  constructor(
    /** Paths of weights that were not asked for and do differ. */
    readonly others: readonly string[],
  ) {
    const advice = others.length === 0 ? "Nothing else differs either." : `What differs: ${listed(others)}.`;
    super("NOTHING_TO_EXTRACT", `The weights of all target modules are the same in both checkpoints. ${advice}`);
  }
}

/** A checkpoint with numbers that are none. */
export class NonFiniteCheckpointError extends LowrankError {
  constructor(readonly path: string) {
    super(
      "NON_FINITE_CHECKPOINT",
      `${printable(path)} has NaN or infinite values in one of the checkpoints; its training diverged.`,
    );
  }
}

/** A layer whose update a DoRA cannot be found for. */
export class UnextractableDoraError extends LowrankError {
  constructor(readonly paths: readonly string[]) {
    super(
      "UNEXTRACTABLE_DORA",
      `Only linear layers are extracted as DoRA, not ${listed(paths)}. Choose other target modules, or extract plain LoRA.`,
    );
  }
}
