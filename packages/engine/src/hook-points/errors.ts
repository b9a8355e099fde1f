// Errors of hook points, each with its facts as fields.

import { LowrankError, listed } from "@lowrank/contracts";

/** The adapter selection has another number of rows than the batch. Name one adapter (or null) for each row. */
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

/** Rows of one batch cannot use different values of one parameter. Run these rows in a call of their own. */
export class RowsOverrideError extends LowrankError {
  constructor(
    readonly path: string,
    readonly adapters: readonly string[],
  ) {
    super(
      "ROWS_WITH_OVERRIDE",
      `"${path}" is replaced by ${listed(adapters)}, so the rows of one batch cannot use different adapters. Run these rows in a separate call with activeAdapters(…).`,
    );
  }
}

/** The model was used after `dispose()`. Load it again. */
export class ModelDisposedError extends LowrankError {
  constructor() {
    super("MODEL_DISPOSED", "This model was disposed of. Load it again to use it.");
  }
}
