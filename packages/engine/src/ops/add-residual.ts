// a + b for two tensors of one shape. tf.add is differentiated with the shapes of its inputs, for which TensorFlow.js keeps
// the inputs themselves; here nothing is kept.

import * as tf from "@tensorflow/tfjs-core";
import { ShapeError } from "../errors.ts";
import { withGradients } from "../tape/with-gradients.ts";

/**
 * a + b, of one shape: a residual stream and what a layer adds to it.
 *
 * Differentiable for both. Throws ShapeError.
 *
 * @example
 * ```ts
 * import { addResidual } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const y = addResidual(tf.ones([2, 3]), tf.ones([2, 3])); // every entry 2
 * ```
 */
export function addResidual(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  if (!tf.util.arraysEqual(a.shape, b.shape)) throw new ShapeError("addResidual", b.shape, `[${a.shape.join(", ")}]`);
  return withGradients({
    inputs: { a, b },
    forward: () => ({ value: tf.add(a, b), saved: [] }),
    backward: (dy) => ({ a: () => tf.clone(dy), b: () => tf.clone(dy) }),
  });
}
