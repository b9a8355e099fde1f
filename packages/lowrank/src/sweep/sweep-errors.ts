// Why there is no sweep.

import { itemised, LowrankError } from "@lowrank/contracts";
import { UsageError } from "../errors/usage-errors.ts";

/** What is to be varied cannot be; every fault is listed; exit code 2. */
export class SweepError extends UsageError {
  constructor(readonly problems: readonly string[]) {
    super(`There is no such sweep:${itemised(problems)}`);
  }
}

/** A run of the sweep was begun with another recipe. */
export class SweepDiffersError extends UsageError {
  constructor(
    /** Its folder. */
    readonly out: string,
    /** Options that are not what they were. */
    readonly options: readonly string[],
  ) {
    super(
      `The run in "${out}" was begun with another recipe (${options.join(", ")}). Name another \`out\` for this sweep, or remove what is there.`,
    );
  }
}

/** The note beside a run's folder cannot be read. */
export class InvalidRecordError extends LowrankError {
  constructor(
    readonly path: string,
    readonly reason: string,
  ) {
    super("INVALID_RECORD", `"${path}" ${reason}. Remove it, and the folder beside it, to make that run anew.`);
  }
}
