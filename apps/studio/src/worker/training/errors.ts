// What keeps a run from starting, beside what the library says.

import { LowrankError } from "@lowrank/contracts";

/** No row can be taught. */
export class NoRowsError extends LowrankError {
  constructor(readonly rows: number) {
    super(
      "NO_ROWS",
      `None of the ${rows} rows can be taught: a row needs something that is said, an answer, and to fit into the model.`,
    );
  }
}

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

/** Another tab makes this run. */
export class RunElsewhereError extends LowrankError {
  constructor(readonly run: string) {
    super("RUN_ELSEWHERE", "Another tab is training this run. Go there to follow it, or close it to continue here.");
  }
}

/** A run that shall go on was made on another model. */
export class RunModelError extends LowrankError {
  constructor(
    readonly run: string,
    readonly expected: string,
    readonly got: string,
  ) {
    super(
      "RUN_MODEL",
      `The run was begun on "${expected}", and "${got}" is open. Open "${expected}" to go on with it.`,
    );
  }
}
