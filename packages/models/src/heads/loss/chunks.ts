// Supervised rows, cut into pieces whose logits fit into memory.

import * as tf from "@tensorflow/tfjs-core";

export interface SupervisedRows {
  /** [rows, features] */
  readonly hidden: tf.Tensor2D;
  /** int32 [rows] */
  readonly targets: tf.Tensor1D;
  /** Rows whose logits exist at one time. */
  readonly chunkRows: number;
}

/** Neighbouring rows; both functions make new tensors. */
export interface Chunk {
  /** Index of its first row among all. */
  readonly first: number;
  /** [size, features] */
  hidden(): tf.Tensor2D;
  /** int32 [size] */
  targets(): tf.Tensor1D;
}

/** Several arrays of this many numbers – logits, exponentials, their gradients – fit easily. */
export const defaultLogitsAtOnce = 4_000_000;

export function chunksOf({ hidden, targets, chunkRows }: SupervisedRows): readonly Chunk[] {
  const [rows, features] = hidden.shape;
  return Array.from({ length: Math.ceil(rows / chunkRows) }, (_, index) => {
    const first = index * chunkRows;
    const size = Math.min(chunkRows, rows - first);
    return {
      first,
      hidden: () => tf.slice(hidden, [first, 0], [size, features]),
      targets: () => tf.slice(targets, first, size),
    };
  });
}
