// Feed-forward sublayers. Each is written twice (planned.ts): with tensors, and as steps of a plan for generation, without dropout.

import type { LinearSite } from "@lowrank/engine/hook-points";
import { forwardTogether } from "@lowrank/engine/hook-points/internal";
import { frozenFeedForward } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { type Activation, planActivation } from "./activations.ts";
import type { Layer, Pass } from "./pass.ts";
import { planLinear, planned } from "./planned.ts";

/** Dropout between the two linear layers, while training. */
export interface InnerDropout {
  readonly rate: number;
  readonly path: string;
}

/** down(activation(up(x))) */
export function feedForward(up: LinearSite, activation: Activation, down: LinearSite, dropout?: InnerDropout): Layer {
  const activate = planActivation(activation);
  return planned(
    (hidden: tf.Tensor, pass: Pass) =>
      tf.tidy(() => {
        const frozen = frozenLayers(up, down, pass, dropout);
        if (frozen !== undefined && activation.gelu !== undefined)
          return frozenFeedForward(hidden, frozen, activation.gelu);
        const inner = activation.apply(up.forward(hidden, pass.context));
        return down.forward(dropped(inner, dropout, pass), pass.context);
      }),
    (x, plan, context) => planLinear(down)(activate(planLinear(up)(x, plan, context), plan, context), plan, context),
  );
}

/** Both linear layers, if neither is adapted or trained and nothing is dropped between them; else undefined. */
function frozenLayers(up: LinearSite, down: LinearSite, pass: Pass, dropout: InnerDropout | undefined) {
  if (pass.context.training && dropout !== undefined && dropout.rate > 0) return undefined;
  const [first, second] = [up.frozenParts(pass.context), down.frozenParts(pass.context)];
  return first && second && { up: first, down: second };
}

function dropped(x: tf.Tensor, dropout: InnerDropout | undefined, pass: Pass): tf.Tensor {
  return dropout === undefined ? x : pass.drop(x, dropout.rate, dropout.path);
}

/** Like `gatedFeedForward`, with gate and up in one linear layer (Phi 3). */
export function fusedGatedFeedForward(
  gateUp: LinearSite,
  activation: Activation,
  down: LinearSite,
  dropout?: InnerDropout,
): Layer {
  const activate = planActivation(activation);
  return planned(
    (hidden: tf.Tensor, pass: Pass) =>
      tf.tidy(() => {
        const [gate, up] = tf.split(gateUp.forward(hidden, pass.context), 2, 2);
        // A split into two gives two parts.
        const gated = activation.gate(gate as tf.Tensor, up as tf.Tensor);
        return down.forward(dropped(gated, dropout, pass), pass.context);
      }),
    (x, plan, context) => {
      const [gateAndUp, width] = [planLinear(gateUp)(x, plan, context), down.inFeatures];
      const gate = activate(plan.part(gateAndUp, { first: 0, width }), plan, context);
      return planLinear(down)(plan.multiply(gate, plan.part(gateAndUp, { first: width, width })), plan, context);
    },
  );
}

/** down(activation(gate(x))·up(x)), Shazeer 2020 */
export function gatedFeedForward(
  { gate, up }: { readonly gate: LinearSite; readonly up: LinearSite },
  activation: Activation,
  down: LinearSite,
  dropout?: InnerDropout,
): Layer {
  const activate = planActivation(activation);
  return planned(
    (hidden: tf.Tensor, pass: Pass) =>
      tf.tidy(() => {
        const { context } = pass;
        const [gates, values] = forwardTogether([gate, up], hidden, context);
        // Two sites give two tensors.
        const gated = activation.gate(gates as tf.Tensor, values as tf.Tensor);
        return down.forward(dropped(gated, dropout, pass), context);
      }),
    (x, plan, context) => {
      const gates = activate(planLinear(gate)(x, plan, context), plan, context);
      return planLinear(down)(plan.multiply(gates, planLinear(up)(x, plan, context)), plan, context);
    },
  );
}
