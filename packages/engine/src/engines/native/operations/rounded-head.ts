// An output head in 8 bits in addition to its own values: logits become integer products, which take a third of the time.
// The softmax's gradient is still multiplied by the float32 head, because 8 bits would spoil training there.

import { int8Rows } from "../int8/int8-rows.ts";
import type { Int8Product } from "../int8/native-int8-weights.ts";
import type { NativeBackend } from "../native-backend.ts";
import type { NativeTensor } from "../runtime/native-tensor.ts";

/** Classes of a tile. Each tile is a separate matrix. */
export const roundedTileClasses = 1024;

/** A head's own numbers, [classes, features]. */
export interface HeadTable {
  /** The rows of some classes, in memory that the next call may overwrite. */
  readonly rows: (first: number, count: number) => Float32Array;
  readonly classes: number;
  readonly features: number;
}

/** Logits but for a factor a row. */
export interface RoundedLogits {
  /** [rows, 1] */
  readonly factors: NativeTensor;
  /** The logits of a tile, [rows, count], valid until the next tile is computed. */
  sums(tile: number): NativeTensor;
  /** A logit of that tile. */
  entry(row: number, place: number): number;
  free(): void;
}

/** The head's tiles; packed on first use and kept as long as their owner. Undefined if a number is not finite. */
export function roundedHead(
  backend: NativeBackend,
  owner: object,
  { rows, classes, features }: HeadTable,
): readonly Int8Product[] | undefined {
  return backend.int8Weights.tilesOf(owner, () =>
    Array.from({ length: Math.ceil(classes / roundedTileClasses) }, (_, tile) => {
      const first = tile * roundedTileClasses;
      const count = Math.min(roundedTileClasses, classes - first);
      return backend.int8Weights.round(rows(first, count), { rows: count, columns: features, layout: "out-in" });
    }),
  );
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
