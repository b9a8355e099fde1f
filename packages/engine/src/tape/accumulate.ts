// A gradient that can be added to an existing one. A tensor that several layers read gets a gradient from each. A matrix
// product can add to its output without extra cost, while a sum of two finished gradients is another pass over both.

import * as tf from "@tensorflow/tfjs-core";

/** Computes a gradient and adds `soFar`. The result may reuse the memory of `soFar`; the caller must not use it again. */
export type AccumulatingGradient = (soFar?: tf.Tensor) => tf.Tensor;

const accumulating = new WeakSet<() => tf.Tensor>();

/** Marks a gradient of an operation as one that can be added to others. To TensorFlow.js it is like any other. */
export function accumulates(gradient: AccumulatingGradient): () => tf.Tensor {
  accumulating.add(gradient);
  return gradient;
}

/** The gradient plus `soFar`, a new tensor. `soFar` must be disposed of and not be read any more. */
export function addGradient(gradient: () => tf.Tensor, soFar: tf.Tensor): tf.Tensor {
  if (accumulating.has(gradient)) return (gradient as AccumulatingGradient)(soFar);
  return tf.tidy(() => tf.add(soFar, gradient()));
}
