// The format of a row of the gradient table, and shared parts of its rows.

import * as tf from "@tensorflow/tfjs-core";

/** Gradients of one kernel's inputs, each computed only if it is needed. */
export type InputGradients = Readonly<Record<string, () => tf.Tensor>>;

type Named<Names extends readonly string[]> = { readonly [Index in keyof Names]: tf.Tensor };

/**
 * The gradient of one kernel with one output. `saves` names the inputs that the gradient needs, and "output" last if it
 * needs that; `gradients` receives them in the same order.
 */
export function gradientOf<const Names extends readonly string[]>(
  kernelName: string,
  saves: Names,
  gradients: (dy: tf.Tensor, saved: Named<Names>, attributes: tf.NamedAttrMap) => InputGradients,
): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: saves.filter((name) => name !== "output"),
    outputsToSave: [saves.includes("output")],
    gradFunc: (dy, saved, attributes) => {
      const single = Array.isArray(dy) ? dy[0] : dy;
      if (single === undefined) throw new Error(`The kernel ${kernelName} has no output to differentiate.`);
      // The engine returns the saved tensors in this order.
      return { ...gradients(single, saved as unknown as Named<Names>, attributes) };
    },
  };
}

/** A kernel whose output is piecewise constant: its gradient is zero everywhere. */
export function zeroGradientOf(kernelName: string, ...inputs: readonly string[]): tf.GradConfig {
  return gradientOf(kernelName, inputs, (_dy, saved) =>
    Object.fromEntries(inputs.map((name, index) => [name, () => tf.zeros(saved[index]?.shape ?? [])])),
  );
}

/** Sums a gradient over the axes along which an input of `shape` had been broadcast. Always a new tensor. */
export function unbroadcast(gradient: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes([...shape], gradient.shape);
  return tf.reshape(axes.length === 0 ? gradient : tf.sum(gradient, axes), [...shape]);
}
