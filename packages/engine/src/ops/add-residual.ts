// a + b for two tensors of one shape. For the gradient of tf.add, TensorFlow.js keeps the inputs, although it only needs their shapes.
// Here nothing is saved.

import * as tf from "@tensorflow/tfjs-core";
import { shapeError } from "../errors.ts";
import { applyDropout } from "../kernels/drop-entries.ts";
import type { DropoutDraw } from "../random/masks/dropout-mask.ts";
import { withGradients } from "../tape/with-gradients.ts";
import { checkRate } from "./dropout.ts";

/**
 * a + b, of one shape: a residual stream and a layer's output, on which `draw` applies dropout first (see `dropout`).
 *
 * Differentiable for both. Throws SHAPE_MISMATCH, and ArgumentError unless 0 ≤ rate < 1.
 */
export function addResidual(a: tf.Tensor, b: tf.Tensor, draw?: DropoutDraw): tf.Tensor {
  if (!tf.util.arraysEqual(a.shape, b.shape)) throw shapeError("addResidual", b.shape, `[${a.shape.join(", ")}]`);
  if (draw !== undefined) checkRate("addResidual", draw.rate);
  const drops = draw !== undefined && draw.rate > 0;
  return withGradients({
    inputs: { a, b },
    forward: () => ({ value: drops ? applyDropout(b, draw, a) : tf.add(a, b), saved: [] }),
    backward: (dy) => ({ a: () => tf.clone(dy), b: () => (drops ? applyDropout(dy, draw) : tf.clone(dy)) }),
  });
}
