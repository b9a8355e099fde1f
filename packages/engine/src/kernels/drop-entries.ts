// Dropout whose mask follows from a key: by the backend's fused kernel, which draws while it multiplies, or with a temporary tensor of
// factors.

import * as tf from "@tensorflow/tfjs-core";
import { type DropoutDraw, dropoutMask } from "../random/masks/dropout-mask.ts";
import { runSingleOutputKernel } from "./custom-kernel.ts";

/** x with the entries of a draw set to 0 and the others multiplied by 1/(1 − rate), plus a term of x's shape if there is one. */
export function applyDropout(x: tf.Tensor, draw: DropoutDraw, term?: tf.Tensor): tf.Tensor {
  const fused = runSingleOutputKernel("LowrankDropout", term === undefined ? { x } : { x, term }, attributesOf(draw));
  if (fused !== undefined) return fused;
  return tf.tidy(() => {
    const factors = dropoutMask(draw).factors({ first: 0, count: x.size }).slice();
    const dropped = tf.mul(x, tf.tensor(factors, x.shape));
    return term === undefined ? dropped : tf.add(dropped, term);
  });
}

/** A draw as a kernel's attributes. */
export function attributesOf({ rate, key }: DropoutDraw): tf.NamedAttrMap {
  const { seed, step = 0, microStep = 0, path, oldMasks = false } = key;
  return { rate, seed, step, microStep, path, oldMasks };
}

/** The draw in a kernel's attributes. */
export function drawIn(attributes: tf.NamedAttrMap): DropoutDraw {
  const { rate, seed, step, microStep, path, oldMasks } = attributes;
  return {
    rate: Number(rate),
    key: {
      seed: Number(seed),
      step: Number(step),
      microStep: Number(microStep),
      path: String(path),
      oldMasks: oldMasks === true,
    },
  };
}
