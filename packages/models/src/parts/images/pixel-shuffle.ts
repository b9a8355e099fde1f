// Squares of neighbouring patches as one state each, so that a language model has fewer tokens to read.

import * as tf from "@tensorflow/tfjs-core";

/** Squares of `side` × `side` patches as one state: [images, patches, width] → [images, squares, side²·width]. */
export function pixelShuffle(
  patches: tf.Tensor,
  { rows, side }: { readonly rows: number; readonly side: number },
): tf.Tensor {
  const [images = 0, count = 0, width = 0] = patches.shape;
  const columns = count / rows / side;
  const across = tf.transpose(tf.reshape(patches, [images, rows, columns, side * width]), [0, 2, 1, 3]);
  const down = tf.reshape(across, [images, columns, rows / side, side ** 2 * width]);
  return tf.reshape(tf.transpose(down, [0, 2, 1, 3]), [images, -1, side ** 2 * width]);
}
