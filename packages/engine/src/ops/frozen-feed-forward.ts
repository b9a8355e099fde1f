// The feed-forward sublayer of a block with two frozen linear layers. With 8-bit matrices the native engine computes it in one pass:
// of the intermediate values, four times as wide as the input, only derivatives are saved, in one byte each.

import * as tf from "@tensorflow/tfjs-core";
import { shapeError } from "../errors.ts";
import type { FrozenWeight } from "../frozen-weight.ts";
import { hasCustomKernel, runCustomKernel, runSingleOutputKernel } from "../kernels/custom-kernel.ts";
import { checkLastAxis, checkVector } from "../rows.ts";
import { accumulates } from "../tape/accumulate.ts";
import { withGradients } from "../tape/with-gradients.ts";
import { frozenLinear } from "./frozen-linear.ts";
import { type GeluKind, gelu } from "./gelu.ts";

/** x·W + bias; neither is trained. */
export interface FrozenLayer {
  readonly weight: FrozenWeight;
  /** [outFeatures] */
  readonly bias?: tf.Tensor;
}

/**
 * down(gelu(up(x))) for x [..., up's inFeatures]; returns [..., down's outFeatures].
 *
 * Differentiable only for x. If both weights are of `FrozenWeight.fromInt8` and multiplied in 8 bits, gelu's derivatives are
 * rounded to multiples of 0.005 for the gradient. Throws SHAPE_MISMATCH.
 */
export function frozenFeedForward(
  x: tf.Tensor,
  layers: { readonly up: FrozenLayer; readonly down: FrozenLayer },
  kind: GeluKind,
): tf.Tensor {
  const { up, down } = layers;
  checkLastAxis("frozenFeedForward", x, up.weight.inFeatures);
  if (down.weight.inFeatures !== up.weight.outFeatures) {
    const { inFeatures, outFeatures } = down.weight;
    throw shapeError("frozenFeedForward's down", [inFeatures, outFeatures], `[${up.weight.outFeatures}, outFeatures]`);
  }
  for (const { weight, bias } of [up, down])
    if (bias !== undefined) checkVector("frozenFeedForward's bias", bias, weight.outFeatures);
  const attributes = attributesOf(up.weight, down.weight);
  const inputs = { x, ...(up.bias && { upBias: up.bias }), ...(down.bias && { downBias: down.bias }) };
  if (attributes === undefined || !hasCustomKernel("LowrankInt8FeedForward", inputs))
    return tf.tidy(() => frozenLinear(gelu(frozenLinear(x, up.weight, up.bias), kind), down.weight, down.bias));
  return withGradients({
    inputs: { x },
    forward: () => {
      const isDifferentiated = tf.engine().state.gradientDepth > 0;
      const kernelAttributes = { ...attributes, gelu: kind, isDifferentiated };
      const [value, ...saved] = runCustomKernel("LowrankInt8FeedForward", inputs, kernelAttributes) ?? [];
      return { value: value as tf.Tensor, saved }; // the kernel exists
    },
    backward: (dy, [derivatives]) => ({
      x: accumulates((term) => {
        const gradientInputs = { dy, derivatives: derivatives as tf.Tensor, ...(term && { term }) };
        return runSingleOutputKernel("LowrankInt8FeedForwardGradient", gradientInputs, attributes) as tf.Tensor;
      }),
    }),
  });
}

/** The ids of both weights, if both are multiplied in 8 bits. */
function attributesOf(
  up: FrozenWeight,
  down: FrozenWeight,
): { readonly up: number; readonly down: number } | undefined {
  const [first, second] = [up.stepFactor, down.stepFactor];
  if (first?.kind !== "int8" || second?.kind !== "int8") return undefined;
  return { up: first.weight, down: second.weight };
}
