// A sum that computes its gradients together with its value. The intermediate logits over a vocabulary may be far larger
// than both. This way they exist once, for a few rows at a time, and are not computed again in the backward pass.

import { withGradients, withoutTape } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";

/** A sum and, if requested, its gradients, one for each input. */
export interface KnownGradients {
  readonly sum: tf.Tensor;
  readonly gradients: readonly tf.Tensor[];
}

/** Differentiable for `inputs`: backward multiplies the gradients from `compute`. `compute` runs once, off the tape, inside a tidy. */
export function sumWithGradients(
  inputs: readonly tf.Tensor[],
  compute: (isDifferentiated: boolean) => KnownGradients,
): tf.Scalar {
  const isDifferentiated = tf.engine().isTapeOn();
  const names = inputs.map((_, index) => `input${index}`);
  return tf.tidy(() => {
    const { sum, gradients } = withoutTape(() => compute(isDifferentiated));
    const value = withGradients({
      inputs: Object.fromEntries(inputs.map((input, index) => [names[index], input])),
      forward: () => ({ value: tf.reshape(sum, []), saved: gradients }),
      backward: (dy, saved) =>
        Object.fromEntries(names.map((name, index) => [name, () => tf.mul(saved[index] ?? 0, dy)])),
    });
    return tf.reshape<tf.Rank.R0>(value, []);
  });
}
