// BatchNormalization stays as it was trained: what a batch measures would change the base, and an adapter would work beside
// another one. So it computes with its own moving averages in `fit`, too, as Keras' frozen layers do. That it is then a factor
// and a sum for each channel needs nothing saved.

import { withGradients } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { fieldOf, onlyTensor } from "../foreign-layer.ts";
import { type LayerCall, type LayerKind, parameterIn } from "../layer-kind.ts";
import { withReadings } from "../stand-ins.ts";
import { readingsOf } from "./by-weight.ts";

export const batchNormalization: LayerKind = {
  outlines: () => [],
  call: (call) => {
    const x = onlyTensor(call.inputs);
    const readings = readingsOf(call);
    const compute = () =>
      withReadings(readings, () => onlyTensor(call.original(x, { ...call.settings, training: false })));
    if (readings.length > 0) return compute();
    return withGradients({
      inputs: { x },
      forward: () => ({ value: compute(), saved: [] }),
      backward: (dy) => ({ x: () => tf.tidy(() => tf.mul(dy, slopeOf(call, x.shape))) }),
    });
  },
  isFrozenByUs: true,
};

/** gamma/√(variance + epsilon), one number for each channel, in x's axes. */
function slopeOf(call: LayerCall, x: readonly number[]): tf.Tensor {
  const read = (name: string) => parameterIn(call, name)?.variable.read();
  const [variance, epsilon, axis] = [
    read("moving_variance"),
    fieldOf(call.layer, "epsilon"),
    fieldOf(call.layer, "axis"),
  ];
  if (variance === undefined || typeof epsilon !== "number" || typeof axis !== "number")
    throw new TypeError(`"${call.path}" has no moving variance.`);
  const inverse = tf.rsqrt(tf.add(variance, epsilon));
  const gamma = read("gamma");
  const slope = gamma === undefined ? inverse : tf.mul(gamma, inverse);
  const channelAxis = axis < 0 ? axis + x.length : axis;
  return tf.reshape(
    slope,
    x.map((size, place) => (place === channelAxis ? size : 1)),
  );
}
