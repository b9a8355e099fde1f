// The activation functions, alone and as gates.

import type { Activation as ActivationName } from "@lowrank/contracts/families/internal";
import { swiglu } from "@lowrank/engine";
import { type GeluKind, geglu, gelu, silu, stepActivations } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { PartPlan } from "./planned.ts";

export interface Activation {
  apply(x: tf.Tensor): tf.Tensor;
  /** activation(gate)·up, both [batch, time, intermediate]. */
  gate(gate: tf.Tensor, up: tf.Tensor): tf.Tensor;
  /** The kind of GELU, if it is one: two linear layers with a GELU between them can be fused. */
  readonly gelu?: GeluKind;
}

/** Adds the activation to a plan; refused if plans of the engine do not support it. */
export function planActivation(activation: Activation): PartPlan {
  const name = stepActivations.find((each) => activations[each] === activation);
  return (x, plan) => (name === undefined ? plan.refuse("an activation has no plan") : plan.activate(x, name));
}

export const activations: Readonly<Record<ActivationName, Activation>> = {
  "gelu-erf": { apply: (x) => gelu(x, "erf"), gate: (gate, up) => geglu(gate, up, "erf"), gelu: "erf" },
  "gelu-tanh": { apply: (x) => gelu(x, "tanh"), gate: (gate, up) => geglu(gate, up, "tanh"), gelu: "tanh" },
  silu: { apply: silu, gate: swiglu },
  relu: alsoAsGate((x) => tf.relu(x)),
  "relu-squared": alsoAsGate((x) => tf.square(tf.relu(x))),
  "gelu-sigmoid": alsoAsGate((x) => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702)))),
  sigmoid: alsoAsGate((x) => tf.sigmoid(x)),
  tanh: alsoAsGate((x) => tf.tanh(x)),
  mish: alsoAsGate((x) => tf.mul(x, tf.tanh(tf.softplus(x)))),
  "gelu-clipped": alsoAsGate((x) => tf.clipByValue(gelu(x, "erf"), -10, 10)),
  relu6: alsoAsGate((x) => tf.relu6(x)),
  "leaky-relu": alsoAsGate((x) => tf.leakyRelu(x, 0.01)), // torch's default slope
  laplace: alsoAsGate((x) => tf.mul(tf.add(tf.erf(tf.div(tf.sub(x, laplaceMean), laplaceWidth)), 1), 0.5)),
  linear: { apply: (x) => tf.clone(x), gate: (gate, up) => tf.mul(gate, up) },
};

/** transformers' LaplaceActivation: the normal distribution closest to a squared ReLU, its width times √2 for erf. */
// biome-ignore lint/suspicious/noApproximativeNumericConstant: transformers' constant, not √½.
const [laplaceMean, laplaceWidth] = [0.707107, 0.282095 * Math.SQRT2];

function alsoAsGate(apply: (x: tf.Tensor) => tf.Tensor): Activation {
  return { apply, gate: (gate, up) => tf.mul(apply(gate), up) };
}
