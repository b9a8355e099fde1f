// What keeps a run from starting, beside what the library says.

import { LowrankError } from "@lowrank/contracts";

/** A run that shall go on is not kept, or not at that step. */
export class RunGoneError extends LowrankError {
  constructor(
    readonly run: string,
    readonly step: number | undefined,
  ) {
    const what = step === undefined ? "" : ` at step ${step}`;
    super(
      "RUN_GONE",
      `The run "${run}" is not kept${what} any more: it was finished or removed, perhaps in another tab.`,
    );
  }
}
