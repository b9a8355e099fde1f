// x·W + b with a frozen W. The gradient of x needs W alone, so nothing is saved: the activations below a frozen layer
// are free to go as soon as the forward pass has used them.

import * as tf from "@tensorflow/tfjs-core";
import type { FrozenWeight } from "../frozen-weight.ts";
import { runLinearKernel } from "../kernels/linear-product.ts";
import { checkLastAxis, checkVector, flattenRows, unflattenRows } from "../rows.ts";
import { accumulates } from "../tape/accumulate.ts";
import { withGradients } from "../tape/with-gradients.ts";

/**
 * x·W + bias, for x [..., inFeatures] and bias [outFeatures]; returns [..., outFeatures].
 *
 * Differentiable for x and, if it is a variable, for the bias; never for W. Throws SHAPE_MISMATCH.
 *
 * @example
 * ```ts
 * import { FrozenWeight, frozenLinear } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const weight = FrozenWeight.from(tf.tensor2d([[1], [2]]));
 * const y = frozenLinear(tf.ones([4, 3, 2]), weight, tf.tensor1d([0.5])); // [4, 3, 1], every entry 3.5
 * ```
 */
export function frozenLinear(x: tf.Tensor, weight: FrozenWeight, bias?: tf.Tensor): tf.Tensor {
  checkLastAxis("frozenLinear", x, weight.inFeatures);
  if (bias !== undefined) checkVector("frozenLinear's bias", bias, weight.outFeatures);
  const rounded = weight.multiplyRounded(x);
  if (rounded !== undefined) return bias === undefined ? rounded : tf.add(rounded, bias);
  return withGradients({
    inputs: bias === undefined ? { x } : { x, bias },
    forward: () => ({ value: productOf(x, weight, bias), saved: [] }),
    backward: (dy) => ({
      x: accumulates((soFar) => unflattenRows(weight.multiplyTransposed(flattenRows(dy), soFar), dy)),
      bias: () => tf.sum(flattenRows(dy), 0),
    }),
  });
}

function productOf(x: tf.Tensor, weight: FrozenWeight, bias: tf.Tensor | undefined): tf.Tensor {
  const { stored } = weight;
  const fused = stored && runLinearKernel({ x, ...stored, term: bias });
  return fused ?? unflattenRows(weight.multiply(flattenRows(x), bias), x);
}
