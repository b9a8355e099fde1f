// Kernels that sum, average or pick along axes, and the softmax that is built of them.

import * as tf from "@tensorflow/tfjs-core";
import { axesOf, axisOf, booleanOf } from "./attributes.ts";
import { gradientOf, zeroGradientOf } from "./rule.ts";

export const reductionGradients: readonly tf.GradConfig[] = [
  gradientOf("Sum", ["x"], (dy, [x], attributes) => ({
    x: () => spread(dy, x.shape, axesOf(attributes, "axis", x.shape)),
  })),
  gradientOf("Mean", ["x"], (dy, [x], attributes) => ({
    x: () => {
      const axes = axesOf(attributes, "axis", x.shape);
      const count = axes.reduce((product, axis) => product * (x.shape[axis] ?? 1), 1);
      return spread(tf.div(dy, count), x.shape, axes);
    },
  })),
  gradientOf("Max", ["x", "output"], (dy, [x, output], attributes) => ({
    x: () => shareAmongEqual(dy, x, output, axesOf(attributes, "reductionIndices", x.shape)),
  })),
  gradientOf("Min", ["x", "output"], (dy, [x, output], attributes) => ({
    x: () => shareAmongEqual(dy, x, output, axesOf(attributes, "axis", x.shape)),
  })),
  gradientOf("Cumsum", ["x"], (dy, [x], attributes) => ({
    x: () =>
      tf.cumsum(
        dy,
        axisOf(attributes, "axis", x.rank),
        booleanOf(attributes, "exclusive"),
        !booleanOf(attributes, "reverse"),
      ),
  })),
  gradientOf("Softmax", ["output"], (dy, [output]) => ({
    logits: () => {
      const weighted = tf.mul(dy, output);
      return tf.sub(weighted, tf.mul(output, tf.sum(weighted, -1, true)));
    },
  })),
  gradientOf("LogSoftmax", ["output"], (dy, [output], attributes) => ({
    logits: () => {
      const axis = axisOf({ axis: -1, ...attributes }, "axis", output.rank);
      return tf.sub(dy, tf.mul(tf.exp(output), tf.sum(dy, axis, true)));
    },
  })),
  zeroGradientOf("ArgMax", "x"),
  zeroGradientOf("ArgMin", "x"),
];

/** Repeats a reduced gradient along the axes it was reduced over. */
function spread(gradient: tf.Tensor, shape: readonly number[], axes: readonly number[]): tf.Tensor {
  const keptDims = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return tf.tile(
    tf.reshape(gradient, keptDims),
    shape.map((size, axis) => (axes.includes(axis) ? size : 1)),
  );
}

/** Divides the gradient of an extremum evenly among the entries that reach it. */
function shareAmongEqual(dy: tf.Tensor, x: tf.Tensor, output: tf.Tensor, axes: number[]): tf.Tensor {
  const keptDims = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const reached = tf.cast(tf.equal(x, tf.reshape(output, keptDims)), "float32");
  const share = tf.div(tf.reshape(dy, keptDims), tf.sum(reached, axes, true));
  return tf.mul(reached, share);
}
