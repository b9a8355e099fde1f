// Replaces weights and the activation of a layer during one call. Properties of the instance hide those of its class and are removed
// after the call, so other layers are not affected.

import type * as tf from "@tensorflow/tfjs-core";
import type { Activation, ForeignLayer, LayerVariable } from "./foreign-layer.ts";

export type TemporaryValue = readonly [variable: LayerVariable, value: tf.Tensor];

/** Runs `compute` with these values of the weights. */
export function withValues<T>(temporary: readonly TemporaryValue[], compute: () => T): T {
  for (const [variable, value] of temporary) variable.read = () => value;
  try {
    return compute();
  } finally {
    for (const [variable] of temporary) Reflect.deleteProperty(variable, "read");
  }
}

/** Runs `compute` with this activation of the layer. */
export function withActivation<T>(layer: ForeignLayer, activation: Activation, compute: () => T): T {
  const host: ForeignLayer & { activation?: unknown } = layer;
  const { activation: own } = host;
  host.activation = activation;
  try {
    return compute();
  } finally {
    host.activation = own;
  }
}

/** Activations that tfjs-layers fuses with the product before them. */
const fusedNames: readonly string[] = ["relu", "linear", "elu"];

/**
 * An identity activation, with a name that makes the layer use the same kernels as with its own. The output is then, bit for bit, the
 * input of its own activation.
 */
export function identityLike(activation: Activation | undefined): Activation {
  const name = activation !== undefined && !fusedNames.includes(activation.getClassName()) ? "lowrankNone" : "linear";
  return { apply: (x) => x, getClassName: () => name };
}
