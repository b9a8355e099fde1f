// The gradients of variables against central differences.

import { differentiate } from "@lowrank/engine/internal";
import { largestMagnitude } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";

/** A large step rounds least; where it passes the bend of a rectifier, a smaller one is right. */
const steps = [1e-2, 2e-3, 5e-4];

/**
 * Throws unless each variable's gradient agrees with central differences of `loss`, to 1 % of the gradient's largest entry – or of
 * a twentieth of the largest of all variables, below which rounding shows. At most `entries` entries of each are tried.
 */
export function expectVariableGradients(loss: () => tf.Tensor, variables: readonly tf.Variable[], entries = 12): void {
  const { value, gradients } = differentiate(loss, variables);
  value.dispose();
  const analytics = variables.map((_, index) => {
    const gradient = gradients[index];
    if (gradient === undefined) throw new Error(`Nothing depends on variable ${index}.`);
    const found = Float32Array.from(gradient.dataSync());
    gradient.dispose();
    return found;
  });
  const floor = Math.max(...analytics.map(largestMagnitude)) / 20;
  for (const [index, variable] of variables.entries()) {
    const [analytic, start] = [analytics[index]!, variable.dataSync().slice()];
    const allowed = 1e-2 * Math.max(largestMagnitude(analytic), floor, 1e-2);
    const stride = Math.max(1, Math.floor(start.length / entries));
    for (let place = 0; place < start.length; place += stride) {
      const numeric = steps.map((step) => (moved(place, step) - moved(place, -step)) / (2 * step));
      if (numeric.every((grad) => Math.abs(grad - analytic[place]!) > allowed))
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
