// Labels are indices: one beyond the classes would read the next row's logit, or another part of memory, and give a loss
// that looks like one.

import type * as tf from "@tensorflow/tfjs-core";
import { currentBackend } from "../../engines/backends.ts";
import { ArgumentError } from "../../errors.ts";
import { requireAlive } from "../../kernels/require-alive.ts";

/** A label is not a class number. `row` is the first such row, `count` the number of such rows. */
export class LabelError extends ArgumentError {
  constructor(
    where: string,
    readonly row: number,
    readonly label: number,
    readonly classes: number,
    readonly count: number,
  ) {
    const others = count > 1 ? ` (and ${count - 1} more rows)` : "";
    const expected = `a class from 0 to ${classes - 1}, or a negative number (-100) to ignore the row${others}`;
    super(where, `labels[${row}]`, label, expected);
  }
}

/** Whether labels are on a GPU. Reading them would stall the step, so nothing is thrown there: a label that is not a class gives NaN. */
export function areLabelsOnGpu(): boolean {
  return currentBackend()?.memory === "gpu";
}

/** Throws LabelError if a label is not below `classes`, unless `areLabelsOnGpu`; DISPOSED. */
export function checkLabels(where: string, labels: tf.Tensor1D, classes: number): void {
  requireAlive({ labels });
  if (areLabelsOnGpu()) return;
  const ids = labels.dataSync();
  const isOutside = (label: number) => !(label < classes); // NaN is
  const row = ids.findIndex(isOutside);
  if (row >= 0) throw new LabelError(where, row, ids[row] ?? Number.NaN, classes, ids.filter(isOutside).length);
}
