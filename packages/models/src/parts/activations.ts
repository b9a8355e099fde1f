// What each activation computes, alone and as a gate.

import { geglu, gelu, silu, swiglu } from "@lowrank/engine";
import type { Activation as ActivationName } from "@lowrank/families";
import * as tf from "@tensorflow/tfjs-core";

export interface Activation {
  apply(x: tf.Tensor): tf.Tensor;
  /** activation(gate)·up, both [batch, time, intermediate]. */
  gate(gate: tf.Tensor, up: tf.Tensor): tf.Tensor;
}

export const activations: Readonly<Record<ActivationName, Activation>> = {
  "gelu-erf": { apply: (x) => gelu(x, "erf"), gate: (gate, up) => geglu(gate, up, "erf") },
  "gelu-tanh": { apply: (x) => gelu(x, "tanh"), gate: (gate, up) => geglu(gate, up, "tanh") },
  silu: { apply: silu, gate: swiglu },
  relu: alsoAsGate((x) => tf.relu(x)),
  "relu-squared": alsoAsGate((x) => tf.square(tf.relu(x))),
  "gelu-sigmoid": alsoAsGate((x) => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702)))),
  sigmoid: alsoAsGate((x) => tf.sigmoid(x)),
  tanh: alsoAsGate((x) => tf.tanh(x)),
  mish: alsoAsGate((x) => tf.mul(x, tf.tanh(tf.softplus(x)))),
};

function alsoAsGate(apply: (x: tf.Tensor) => tf.Tensor): Activation {
  return { apply, gate: (gate, up) => tf.mul(apply(gate), up) };
}
