// What an adapter does to a weight, row by row in the order of files: for whoever folds it into a weight that is larger than
// memory.

import type { RowUpdate } from "@lowrank/math";

/** A weight's axes but the last are its rows; of a convolution, all axes but the first are its columns. */
export type RowChange =
  /** The whole weight is another one. */
  | { readonly kind: "whole"; readonly values: Float32Array }
  /** Some rows are others: `values` is [indices, columns]. */
  | { readonly kind: "rows"; readonly indices: readonly number[]; readonly values: Float32Array }
  /** Rows are added to, and perhaps stretched. */
  | ({ readonly kind: "low-rank" } & RowUpdate);
