// The gradients of variables against central differences.

import { differentiate } from "@lowrank/engine";
import { largestMagnitude } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Throws unless each variable's gradient agrees with central differences of `loss`, to 1 % of the gradient's largest entry. At most
 * `entries` entries of each are tried.
 */
export function expectVariableGradients(loss: () => tf.Tensor, variables: readonly tf.Variable[], entries = 12): void {
  const { value, gradients } = differentiate(loss, variables);
  value.dispose();
  for (const [index, variable] of variables.entries()) {
    const gradient = gradients[index];
    if (gradient === undefined) throw new Error(`Nothing depends on variable ${index}.`);
    const [analytic, start] = [gradient.dataSync(), variable.dataSync().slice()];
    gradient.dispose();
    const allowed = 1e-2 * Math.max(largestMagnitude(Float32Array.from(analytic)), 1e-2);
    const stride = Math.max(1, Math.floor(start.length / entries));
    for (let place = 0; place < start.length; place += stride) {
      const numeric = (moved(place, 1e-2) - moved(place, -1e-2)) / 2e-2;
      if (Math.abs(numeric - analytic[place]!) > allowed)
        throw new Error(`Variable ${index}, entry ${place}: ${analytic[place]}, but differences give ${numeric}.`);
    }
    set(start);

    function moved(place: number, step: number): number {
      set(start.map((entry, other) => (other === place ? entry + step : entry)));
      return tf.tidy(() => tf.sum(loss()).dataSync()[0]!);
    }

    function set(values: ArrayLike<number>): void {
      const tensor = tf.tensor(Float32Array.from(values), variable.shape);
      variable.assign(tensor);
      tensor.dispose();
    }
  }
}
