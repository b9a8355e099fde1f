// An output head in 8 bits beside its float32 numbers: its logits are products of whole numbers then, which take a third of
// the time. What a softmax's gradient is multiplied with stays the head in float32, for there 8 bits would spoil training.

import type * as tf from "@tensorflow/tfjs-core";
import { int8Rows } from "../int8/int8-rows.ts";
import type { Int8Product } from "../int8/native-int8-weights.ts";
import type { NativeBackend } from "../native-backend.ts";
import type { NativeTensor } from "../runtime/onnx-runtime.ts";

/** Classes of a tile, each of which is a matrix of its own. */
export const roundedTileClasses = 1024;

/** Logits but for a factor a row. */
export interface RoundedLogits {
  /** [rows, 1] */
  readonly factors: NativeTensor;
  /** Those of a tile, [rows, count], until the next is asked for. */
  sums(tile: number): NativeTensor;
  /** A logit of that tile. */
  entry(row: number, place: number): number;
  free(): void;
}

/** The head's tiles; packed when first asked for and kept as long as the table. Undefined if a number is not finite. */
export function roundedHead(backend: NativeBackend, table: tf.TensorInfo): readonly Int8Product[] | undefined {
  return backend.int8Weights.tilesOf(table.dataId, () => {
    const [classes = 0, features = 0] = table.shape;
    const values = backend.floats(table);
    return Array.from({ length: Math.ceil(classes / roundedTileClasses) }, (_, tile) => {
      const first = tile * roundedTileClasses;
      const rows = Math.min(roundedTileClasses, classes - first);
      const part = values.subarray(first * features, (first + rows) * features);
      return backend.int8Weights.round(part, { rows, columns: features, layout: "out-in" });
    });
  });
}

/** Of hidden [rows, features], rounded once for all tiles. */
export function roundedLogits(
  backend: NativeBackend,
  tiles: readonly Int8Product[],
  hidden: NativeTensor,
): RoundedLogits {
  const [rows = 0] = hidden.shape;
  const { codes, factors } = int8Rows(backend, hidden);
  const sums = backend.pool.take(rows * roundedTileClasses);
  let columns = 0;
  return {
    factors,
    sums(tile) {
      const product = tiles[tile];
      if (product === undefined) throw new Error(`The head has no tile ${tile}.`);
      const { session, columnScales } = product;
      columns = product.columns;
      const result = { values: sums.subarray(0, rows * columns), shape: [rows, columns] };
      backend.run(session, [codes, { values: columnScales, shape: [columns] }], [result]);
      return result;
    },
    entry: (row, place) => (sums[row * columns + place] ?? 0) * (factors.values[row] ?? 0),
    free: () => backend.pool.give(sums),
  };
}
