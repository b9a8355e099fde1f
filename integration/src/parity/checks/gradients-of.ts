// Gradients for an adapter's variables, by the names and with the axes of files.

import type { AdapterHandle } from "@lowrank/inject";
import * as tf from "@tensorflow/tfjs-core";
import { valuesInFile } from "../fixture/parity-case.ts";

/** Of a loss; what nothing depends on has zeros, as in a fixture. */
export async function gradientsOf(
  handle: AdapterHandle,
  loss: () => tf.Scalar,
): Promise<ReadonlyMap<string, Float32Array>> {
  const { value, grads } = tf.variableGrads(loss, [...handle.variables.values()]);
  const found = new Map<string, Float32Array>();
  for (const [key, variable] of handle.variables) {
    grads[variable.name] ??= tf.zerosLike(variable);
    found.set(key, await valuesInFile(handle, key, grads[variable.name]!));
  }
  tf.dispose([value, grads]);
  return found;
}
