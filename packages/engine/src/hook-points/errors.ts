// Errors of hook points, each with its facts as fields.

import { listed } from "@lowrank/contracts";
import { failure } from "@lowrank/contracts/internal";

/** The adapter selection has another number of rows than the batch. Name one adapter (or null) for each row. */
export function rowCountError(path: string, selected: number, batch: number) {
  return failure(
    "ROW_COUNT_MISMATCH",
    `The adapter selection names ${selected} rows but "${path}" received a batch of ${batch}. Name one adapter (or null) for each row.`,
    { path, selected, batch },
  );
}

/** Rows of one batch cannot use different values of one parameter. Run these rows in a call of their own. */
export function rowsOverrideError(path: string, adapters: readonly string[]) {
  return failure(
    "ROWS_WITH_OVERRIDE",
    `"${path}" is replaced by ${listed(adapters)}, so the rows of one batch cannot use different adapters. Run these rows in a separate call with activeAdapters(…).`,
    { path, adapters },
  );
}

/** The model was used after `dispose()`. Load it again. */
export function modelDisposedError() {
  return failure("MODEL_DISPOSED", "This model was disposed of. Load it again to use it.", {});
}
