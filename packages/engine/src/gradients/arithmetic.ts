// Kernels of two inputs that broadcast. tfjs's own gradients of maximum, minimum and squaredDifference forget to sum
// over the broadcast axes.

import * as tf from "@tensorflow/tfjs-core";
import { gradientOf, unbroadcast, zeroGradientOf } from "./rule.ts";

export const arithmeticGradients: readonly tf.GradConfig[] = [
  gradientOf("Add", ["a", "b"], (dy, [a, b]) => ({
    a: () => unbroadcast(dy, a.shape),
    b: () => unbroadcast(dy, b.shape),
  })),
  gradientOf("Sub", ["a", "b"], (dy, [a, b]) => ({
    a: () => unbroadcast(dy, a.shape),
    b: () => tf.neg(unbroadcast(dy, b.shape)),
  })),
  gradientOf("Multiply", ["a", "b"], (dy, [a, b]) => ({
    a: () => unbroadcast(tf.mul(dy, float(b)), a.shape),
    b: () => unbroadcast(tf.mul(dy, float(a)), b.shape),
  })),
  gradientOf("RealDiv", ["a", "b"], (dy, [a, b]) => ({
    a: () => unbroadcast(tf.div(dy, float(b)), a.shape),
    b: () => tf.neg(unbroadcast(tf.div(tf.mul(dy, float(a)), tf.square(float(b))), b.shape)),
  })),
  gradientOf("Pow", ["a", "b", "output"], (dy, [a, b, output]) => ({
    a: () => unbroadcast(tf.mul(dy, tf.mul(float(b), tf.pow(a, tf.sub(float(b), 1)))), a.shape),
    // a^b·log(a), taken as 0 where a ≤ 0, as TensorFlow does.
    b: () => unbroadcast(tf.mul(dy, tf.mul(output, logOrZero(float(a)))), b.shape),
  })),
  gradientOf("Maximum", ["a", "b"], (dy, [a, b]) => ({
    a: () => unbroadcast(keepWhere(tf.greaterEqual(a, b), dy), a.shape),
    b: () => unbroadcast(keepWhere(tf.less(a, b), dy), b.shape),
  })),
  gradientOf("Minimum", ["a", "b"], (dy, [a, b]) => ({
    a: () => unbroadcast(keepWhere(tf.lessEqual(a, b), dy), a.shape),
    b: () => unbroadcast(keepWhere(tf.greater(a, b), dy), b.shape),
  })),
  gradientOf("SquaredDifference", ["a", "b"], (dy, [a, b]) => ({
    a: () => unbroadcast(tf.mul(dy, tf.mul(tf.sub(float(a), float(b)), 2)), a.shape),
    b: () => unbroadcast(tf.mul(dy, tf.mul(tf.sub(float(b), float(a)), 2)), b.shape),
  })),
  gradientOf("Mod", ["a", "b"], (dy, [a, b]) => ({
    a: () => unbroadcast(dy, a.shape),
    b: () => tf.neg(unbroadcast(tf.mul(dy, tf.floor(tf.div(a, b))), b.shape)),
  })),
  gradientOf("Prelu", ["x", "alpha"], (dy, [x, alpha]) => ({
    x: () => tf.where(tf.greater(x, 0), dy, tf.mul(dy, alpha)),
    alpha: () => unbroadcast(keepWhere(tf.lessEqual(x, 0), tf.mul(dy, x)), alpha.shape),
  })),
  zeroGradientOf("FloorDiv", "a", "b"),
  {
    kernelName: "AddN",
    saveAllInputs: true,
    gradFunc: (dy, saved) => {
      const single = Array.isArray(dy) ? dy : [dy];
      return Object.fromEntries(saved.map((_, index) => [index, () => tf.addN(single)]));
    },
  },
];

function float(x: tf.Tensor): tf.Tensor {
  return tf.cast(x, "float32");
}

/** `gradient` where `condition` is true, else 0, even if the other entry is NaN or Infinity. */
function keepWhere(condition: tf.Tensor, gradient: tf.Tensor): tf.Tensor {
  return tf.where(condition, gradient, tf.zerosLike(gradient));
}

function logOrZero(a: tf.Tensor): tf.Tensor {
  return tf.where(tf.greater(a, 0), tf.log(tf.maximum(a, 1e-38)), tf.zerosLike(a));
}
