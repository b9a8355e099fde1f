// The loss of one micro-batch, and its gradients for a run's variables.

import { differentiate } from "@lowrank/engine/internal";
import type * as tf from "@tensorflow/tfjs-core";
import { lossShapeError, noGradientError } from "../errors.ts";
import type { FlatLayout } from "./flat-layout.ts";

/** Gradients in the order of the layout; undefined where the loss does not depend on a variable. The caller disposes of all tensors. */
interface LossAndGradients {
  readonly value: tf.Scalar;
  readonly gradients: readonly (tf.Tensor | undefined)[];
}

/** Throws LOSS_SHAPE, NO_GRADIENT. */
export function lossAndGradients(compute: () => tf.Scalar, { ranges }: FlatLayout): LossAndGradients {
  const { value, gradients } = differentiate(
    () => {
      const loss = compute();
      if (loss.rank > 0) throw lossShapeError(loss.shape);
      return loss;
    },
    ranges.map(({ variable }) => variable),
  );
  if (gradients.some((gradient) => gradient !== undefined)) return { value, gradients };
  value.dispose();
  throw noGradientError(ranges.map(({ name }) => name));
}
