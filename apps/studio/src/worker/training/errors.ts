// Errors that prevent a run, in addition to those of the library.

import { LowrankError } from "@lowrank/contracts";

/** A run to continue is not stored, or not at that step. */
export class RunGoneError extends LowrankError {
  constructor(
    readonly run: string,
    readonly step: number | undefined,
  ) {
    const what = step === undefined ? "" : ` at step ${step}`;
    super(
      "RUN_GONE",
      `The run "${run}" is no longer stored${what}. It was finished or removed, perhaps in another tab.`,
    );
  }
}
