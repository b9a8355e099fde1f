// An output head in 8 bits in addition to its own values, in tiles of classes: its products become integer products, which
// take a third of the time.

import { multiply } from "../int8/int8-product.ts";
import { int8Rows } from "../int8/int8-rows.ts";
import type { Int8Tile } from "../int8/native-int8-weights.ts";
import type { NativeBackend } from "../native-backend.ts";
import type { NativeTensor } from "../runtime/native-tensor.ts";

/** Classes of a tile. Each tile is a matrix of its own, and a row has one scale in it (`rounded-gradient.ts`). */
export const roundedTileClasses = 1024;

/** A head's own numbers, [classes, features]. */
export interface HeadTable {
  /** The rows of some classes, in memory that the next call may overwrite. */
  readonly rows: (first: number, count: number) => Float32Array;
  readonly classes: number;
  readonly features: number;
}

/** Logits divided by a factor for each row. */
export interface RoundedLogits {
  /** [rows, 1] */
  readonly factors: NativeTensor;
  /** The logits of a tile, [rows, count], valid until the next tile is computed. */
  sums(tile: number): NativeTensor;
  /** Returns a logit of that tile and replaces it by −∞. Undefined, without a replacement, in a row of zeros. */
  takeOut(row: number, column: number): number | undefined;
  free(): void;
}

/** The head's tiles; packed on first use and kept as long as their owner. Undefined if a number is not finite. */
export function roundedHead(
  backend: NativeBackend,
  owner: object,
  { rows, classes, features }: HeadTable,
): readonly Int8Tile[] | undefined {
  return backend.int8Weights.tilesOf(owner, function* () {
    for (let first = 0; first < classes; first += roundedTileClasses) {
      const count = Math.min(roundedTileClasses, classes - first);
      yield backend.int8Weights.round(rows(first, count), { rows: count, columns: features, layout: "out-in" });
    }
  });
}

/** The logits of hidden [rows, features], which is rounded once for all tiles. */
export function roundedLogits(backend: NativeBackend, tiles: readonly Int8Tile[], hidden: NativeTensor): RoundedLogits {
  const [rows = 0] = hidden.shape;
  const { codes, factors } = int8Rows(backend, hidden);
  const sums = backend.pool.take(rows * roundedTileClasses);
  let columns = 0;
  return {
    factors,
    sums(tile) {
      const product = tiles[tile]?.forward;
      if (product === undefined) throw new Error(`The head has no tile ${tile}.`);
      columns = product.columns;
      const result = { values: sums.subarray(0, rows * columns), shape: [rows, columns] };
      multiply(backend, product, codes, result);
      return result;
    },
    takeOut(row, column) {
      const factor = factors.values[row] ?? 0;
      if (factor === 0) return undefined;
      const logit = (sums[row * columns + column] ?? 0) * factor;
      sums[row * columns + column] = Number.NEGATIVE_INFINITY;
      return logit;
    },
    free: () => backend.pool.give(sums),
  };
}
