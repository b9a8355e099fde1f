// The feed-forward half of a block, plain or gated.

import * as tf from "@tensorflow/tfjs-core";
import type { Activation } from "./activations.ts";
import type { LinearSite } from "./linear-site.ts";
import type { Layer } from "./pass.ts";

/** down(activation(up(x))) */
export function feedForward(up: LinearSite, activation: Activation, down: LinearSite): Layer {
  return (hidden, { context }) => tf.tidy(() => down.forward(activation.apply(up.forward(hidden, context)), context));
}

/** As `gatedFeedForward`, where one map gives gate and up one after the other (Phi 3). */
export function fusedGatedFeedForward(gateUp: LinearSite, activation: Activation, down: LinearSite): Layer {
  return (hidden, { context }) =>
    tf.tidy(() => {
      const [gate, up] = tf.split(gateUp.forward(hidden, context), 2, 2);
      // Two parts asked for, two given.
      return down.forward(activation.gate(gate as tf.Tensor, up as tf.Tensor), context);
    });
}

/** down(activation(gate(x))·up(x)), Shazeer 2020 */
export function gatedFeedForward(
  { gate, up }: { readonly gate: LinearSite; readonly up: LinearSite },
  activation: Activation,
  down: LinearSite,
): Layer {
  return (hidden, { context }) =>
    tf.tidy(() => {
      const gated = activation.gate(gate.forward(hidden, context), up.forward(hidden, context));
      return down.forward(gated, context);
    });
}
