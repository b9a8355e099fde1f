// From features to heads and back. Each is the other's gradient, so nothing is saved for it.

import * as tf from "@tensorflow/tfjs-core";
import { shapeError } from "../../errors.ts";
import { withGradients } from "../../tape/with-gradients.ts";

/**
 * [batch, time, heads·headSize] → [batch, heads, time, headSize].
 *
 * Differentiable. Throws SHAPE_MISMATCH.
 */
export function splitHeads(x: tf.Tensor, heads: number): tf.Tensor {
  const features = x.shape[2] ?? 0;
  if (x.rank !== 3 || features % heads !== 0)
    throw shapeError("splitHeads", x.shape, `[batch, time, a multiple of ${heads}]`);
  return withGradients({
    inputs: { x },
    forward: () => ({ value: split(x, heads), saved: [] }),
    backward: (dy) => ({ x: () => join(dy) }),
  });
}

/** [batch, heads, time, headSize] → [batch, time, heads·headSize]. Differentiable. Throws SHAPE_MISMATCH. */
export function joinHeads(x: tf.Tensor): tf.Tensor {
  const heads = x.shape[1] ?? 0;
  if (x.rank !== 4) throw shapeError("joinHeads", x.shape, "[batch, heads, time, headSize]");
  return withGradients({
    inputs: { x },
    forward: () => ({ value: join(x), saved: [] }),
    backward: (dy) => ({ x: () => split(dy, heads) }),
  });
}

function split(x: tf.Tensor, heads: number): tf.Tensor {
  const [batch = 0, time = 0, features = 0] = x.shape;
  return tf.transpose(tf.reshape(x, [batch, time, heads, features / heads]), [0, 2, 1, 3]);
}

function join(x: tf.Tensor): tf.Tensor {
  const [batch = 0, heads = 0, time = 0, headSize = 0] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch, time, heads * headSize]);
}
