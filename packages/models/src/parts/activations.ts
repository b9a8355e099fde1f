// The activations, alone and as gates.

import type { Activation as ActivationName } from "@lowrank/contracts/families";
import { type GeluKind, geglu, gelu, silu, stepActivations, swiglu } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import type { PartPlan } from "./planned.ts";

export interface Activation {
  apply(x: tf.Tensor): tf.Tensor;
  /** activation(gate)·up, both [batch, time, intermediate]. */
  gate(gate: tf.Tensor, up: tf.Tensor): tf.Tensor;
  /** Which gelu it is, if it is one: maps with one between them may be computed together. */
  readonly gelu?: GeluKind;
}

/** The activation's plan; refused if the engine's plans do not have this activation. */
export function planActivation(activation: Activation): PartPlan {
  const name = stepActivations.find((known) => activations[known] === activation);
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
  "leaky-relu": alsoAsGate((x) => tf.leakyRelu(x, 0.01)), // torch's slope
  laplace: alsoAsGate((x) => tf.mul(tf.add(tf.erf(tf.div(tf.sub(x, laplaceMean), laplaceWidth)), 1), 0.5)),
  linear: { apply: (x) => tf.clone(x), gate: (gate, up) => tf.mul(gate, up) },
};

/** transformers' LaplaceActivation: the normal distribution that comes closest to a squared ReLU, times √2 as erf has it. */
// biome-ignore lint/suspicious/noApproximativeNumericConstant: transformers' constant, not √½.
const [laplaceMean, laplaceWidth] = [0.707107, 0.282095 * Math.SQRT2];

function alsoAsGate(apply: (x: tf.Tensor) => tf.Tensor): Activation {
  return { apply, gate: (gate, up) => tf.mul(apply(gate), up) };
}
