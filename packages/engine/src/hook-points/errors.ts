// What can go wrong at a door, each failure with its facts as fields.

import { LowrankError, listed } from "@lowrank/contracts";

/** A selection gives each row of the batch its adapter, but the batch has another number of rows. */
export class RowCountError extends LowrankError {
  constructor(
    readonly path: string,
    readonly selected: number,
    readonly batch: number,
  ) {
    super(
      "ROW_COUNT_MISMATCH",
      `The adapter selection names ${selected} rows but "${path}" received a batch of ${batch}. Name one adapter (or null) for each row.`,
    );
  }
}

/** Rows of one batch cannot have different values of one parameter. */
export class RowsOverrideError extends LowrankError {
  constructor(
    readonly path: string,
    readonly adapters: readonly string[],
  ) {
    super(
      "ROWS_WITH_OVERRIDE",
      `"${path}" is overridden by ${listed(adapters)}, so one batch cannot mix adapters by row there. Run these rows in a call of their own with activeAdapters(…).`,
    );
  }
}

/** A model was used after `dispose()`. */
export class ModelDisposedError extends LowrankError {
  constructor() {
    super("MODEL_DISPOSED", "This model was disposed of. Load it again to use it.");
  }
}
