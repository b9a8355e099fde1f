// Rows of a table by id. tfjs's own gather has a gradient too, but its wasm backend lacks the kernel behind it and it
// records even frozen tables.

import * as tf from "@tensorflow/tfjs-core";
import { currentBackend } from "../engines/backends.ts";
import { shapeError } from "../errors.ts";
import type { FrozenWeight } from "../frozen-weight.ts";
import { requireAlive } from "../kernels/require-alive.ts";
import { withGradients } from "../tape/with-gradients.ts";

/**
 * The row of `table` for each id: ids [...] int32 and a table [rows, features] give [..., features].
 *
 * A FrozenWeight is looked up in its [outFeatures, inFeatures] view, as an output head tied to the embedding needs.
 * Differentiable for a tensor table (a segment sum); ids must be below the number of rows. No gradient reaches the row
 * `paddingRow`: torch's `padding_idx`. Throws SHAPE_MISMATCH.
 *
 * @example
 * ```ts
 * import { embeddingLookup } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const rows = embeddingLookup(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor1d([1, 0], "int32")); // [[3, 4], [1, 2]]
 * ```
 */
export function embeddingLookup(
  table: tf.Tensor | FrozenWeight,
  ids: tf.Tensor,
  { paddingRow = -1 }: { readonly paddingRow?: number | undefined } = {},
): tf.Tensor {
  requireAlive({ ids });
  // In this order, a bundle that only looks up in tensors does not include all code of frozen weights.
  if (!(table instanceof tf.Tensor)) {
    return tf.tidy(() => tf.reshape(table.rows(flatIds(ids)), [...ids.shape, table.inFeatures]));
  }
  const [tableRows = 0, features = 0] = table.shape;
  if (table.rank !== 2) throw shapeError("embeddingLookup's table", table.shape, "a matrix");
  return withGradients({
    inputs: { table },
    forward: () => ({
      value: tf.reshape(tf.gather(table, flatIds(ids)), [...ids.shape, features]),
      saved: [ids],
    }),
    backward: (dy, [ids]) => ({
      table: () => {
        const flat = flatIds(ids);
        const rows = tf.reshape<tf.Rank.R2>(dy, [ids.size, features]);
        if (paddingRow < 0) return sumById(rows, flat, [tableRows, features]);
        const isPadding = tf.equal(tf.expandDims(flat, 1), paddingRow);
        return sumById(tf.where<tf.Tensor2D>(isPadding, 0, rows), flat, [tableRows, features]);
      },
    }),
  });
}

/** The sums of rows [ids, features] with equal ids: [tableRows, features]. */
function sumById(rows: tf.Tensor2D, ids: tf.Tensor1D, shape: [number, number]): tf.Tensor2D {
  // tfjs-backend-cpu's segment sum reads all rows for each row of the table, and multiplies the others by 0, which keeps their NaN.
  if (currentBackend()?.hasPoorSegmentSum && rows.size > 0) return tf.scatterND(tf.expandDims(ids, 1), rows, shape);
  return tf.unsortedSegmentSum(rows, ids, shape[0]);
}

function flatIds(ids: tf.Tensor): tf.Tensor1D {
  return tf.cast(tf.reshape<tf.Rank.R1>(ids, [ids.size]), "int32");
}
