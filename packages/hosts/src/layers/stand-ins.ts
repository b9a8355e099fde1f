// What a layer sees during one call in place of its own: other values of its weights, another nonlinearity. Properties of the
// instance hide those of its class and go when the call is over, so no other layer notices.

import type * as tf from "@tensorflow/tfjs-core";
import type { Activation, ForeignLayer, LayerVariable } from "./foreign-layer.ts";

/** A weight, and what it reads as. */
export type Reading = readonly [variable: LayerVariable, value: tf.Tensor];

/** Runs `compute`, in which the weights read as these values. */
export function withReadings<T>(readings: readonly Reading[], compute: () => T): T {
  for (const [variable, value] of readings) variable.read = () => value;
  try {
    return compute();
  } finally {
    for (const [variable] of readings) Reflect.deleteProperty(variable, "read");
  }
}

/** Runs `compute`, in which the layer has this nonlinearity. */
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

/** Those that tfjs-layers computes in one kernel with the product before them. */
const fusedNames: readonly string[] = ["relu", "linear", "elu"];

/**
 * No nonlinearity, under a name that makes a layer take the same path through its kernels as it does with its own: what comes out
 * is to the bit what its own is given.
 */
export function noneLike(activation: Activation | undefined): Activation {
  const name = activation !== undefined && !fusedNames.includes(activation.getClassName()) ? "lowrankNone" : "linear";
  return { apply: (x) => x, getClassName: () => name };
}
