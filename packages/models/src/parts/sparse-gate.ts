// A gated feed-forward whose gates are mostly 0 (Gemma 3n): only those far above the mean of their position are left.

import { forwardTogether } from "@lowrank/engine/hook-points/internal";
import * as tf from "@tensorflow/tfjs-core";
import { activations } from "./activations.ts";
import type { PartList } from "./part-list.ts";
import type { Layer } from "./pass.ts";

/** down(activation(max(0, gate(x) − threshold))·up(x)). `share` of normally distributed gates would be 0. */
export function sparseFeedForward(block: PartList, share: number): Layer {
  const of = (name: string) => block.linear(`layers.{n}.mlp.${name}_proj`);
  const [gateAndUp, down] = [[of("gate"), of("up")], of("down")] as const;
  const activation = activations[block.plan.config.activation];
  const deviations = normalQuantile(share);
  return (hidden, { context }) =>
    tf.tidy(() => {
      const [gates, values] = forwardTogether(gateAndUp, hidden, context) as [tf.Tensor, tf.Tensor]; // of two sites
      const centred = tf.sub(gates, tf.mean(gates, 2, true)); // keepDims
      const deviation = tf.sqrt(tf.mean(tf.square(centred), 2, true)); // [batch, time, 1]
      const sparse = tf.relu(tf.sub(centred, tf.mul(deviation, deviations)));
      return down.forward(activation.gate(sparse, values), context);
    });
}

/** Below how many standard deviations a normal distribution has this share, up to 0.999: by Newton's method. */
export function normalQuantile(share: number): number {
  let x = 0;
  for (let step = 0; step < 50; step += 1) {
    const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    // The share from 0 to x is density·(x + x³/3 + x⁵/(3·5) + …).
    let [sum, term] = [0, x];
    for (let divisor = 3; divisor < 200; divisor += 2) [sum, term] = [sum + term, (term * x * x) / divisor];
    x += (share - 0.5) / density - sum;
  }
  return x;
}
