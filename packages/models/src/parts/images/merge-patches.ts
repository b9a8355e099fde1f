// Squares of neighbouring patches become one state: the "pixel shuffle" of Idefics3 and the mean of Gemma 3, which give a language
// model fewer tokens to read.

import * as tf from "@tensorflow/tfjs-core";
import { rearrange, rearrangement } from "./rearrange.ts";

export interface PatchGrid {
  readonly rows: number;
  readonly columns: number;
  /** Patches along each side of a square. */
  readonly side: number;
}

/** [images, rows·columns, width] → [images, squares, side², width]; squares and their patches are in reading order. */
export function squaresOf(patches: tf.Tensor, grid: PatchGrid): tf.Tensor {
  const { rows, columns, side } = grid;
  const [images = 0, count = 0, width = 0] = patches.shape;
  const order = rearrangement(readingOrder(grid), count);
  return tf.reshape(rearrange(patches, order), [images, (rows * columns) / side ** 2, side ** 2, width]);
}

function readingOrder({ rows, columns, side }: PatchGrid): readonly number[] {
  return range(rows / side).flatMap((row) =>
    range(columns / side).flatMap((column) =>
      range(side ** 2).map(
        (patch) => (row * side + Math.floor(patch / side)) * columns + column * side + (patch % side),
      ),
    ),
  );
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
