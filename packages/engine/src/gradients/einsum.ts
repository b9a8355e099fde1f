// The gradient of a sum over products: the result's gradient times the other operand, summed over what the operand has not. As one
// batched product, since TensorFlow.js multiplies an einsum entry by entry before it sums.

import * as tf from "@tensorflow/tfjs-core";

/** A tensor whose axes have names, a letter each. */
interface Named {
  readonly tensor: tf.Tensor;
  readonly axes: string;
}

export const einsumGradient: tf.GradConfig = {
  kernelName: "Einsum",
  saveAllInputs: true,
  gradFunc: (dy, saved, { equation }) => {
    const tensor = Array.isArray(dy) ? dy[0] : dy;
    if (tensor === undefined || typeof equation !== "string") throw new Error("An Einsum without an equation.");
    const [operands = "", result = ""] = equation.replaceAll(" ", "").split("->");
    const named = operands.split(",").map((axes, place): Named => ({ tensor: saved[place]!, axes }));
    const gradientOf = (operand: Named, place: number) => () => {
      const others = named.filter((_, index) => index !== place);
      return repeated(
        others.reduce((product, other) => multiply(product, other, operand.axes), { tensor, axes: result }),
        operand,
      );
    };
    return Object.fromEntries(named.map((operand, place) => [place, gradientOf(operand, place)]));
  },
};

/** The product of both, summed over every axis that `kept` does not have. */
function multiply(a: Named, b: Named, kept: string): Named {
  const [left, right] = [summed(a, b.axes + kept), summed(b, a.axes + kept)];
  const shared = [...left.axes].filter((axis) => right.axes.includes(axis));
  const batch = shared.filter((axis) => kept.includes(axis));
  const inner = shared.filter((axis) => !kept.includes(axis));
  const ofLeft = [...left.axes].filter((axis) => !shared.includes(axis));
  const ofRight = [...right.axes].filter((axis) => !shared.includes(axis));
  const sizes = new Map(
    [left, right].flatMap(({ tensor, axes }) => [...axes].map((axis, index) => [axis, tensor.shape[index] ?? 1])),
  );
  const count = (axes: readonly string[]) => axes.reduce((product, axis) => product * (sizes.get(axis) ?? 1), 1);
  const matrices = (one: Named, rows: readonly string[], columns: readonly string[]) =>
    tf.reshape(ordered(one, [...batch, ...rows, ...columns]), [count(batch), count(rows), count(columns)]);
  const product = tf.matMul(matrices(left, ofLeft, inner), matrices(right, inner, ofRight));
  const axes = [...batch, ...ofLeft, ...ofRight];
  return {
    tensor: tf.reshape(
      product,
      axes.map((axis) => sizes.get(axis) ?? 1),
    ),
    axes: axes.join(""),
  };
}

function summed({ tensor, axes }: Named, kept: string): Named {
  const gone = [...axes].flatMap((axis, index) => (kept.includes(axis) ? [] : [index]));
  if (gone.length === 0) return { tensor, axes };
  return { tensor: tf.sum(tensor, gone), axes: [...axes].filter((axis) => kept.includes(axis)).join("") };
}

function ordered({ tensor, axes }: Named, order: readonly string[]): tf.Tensor {
  return tf.transpose(
    tensor,
    order.map((axis) => axes.indexOf(axis)),
  );
}

/** In the operand's order, and repeated along the axes that it alone was summed over. */
function repeated(gradient: Named, { tensor: { shape }, axes }: Named): tf.Tensor {
  const known = [...axes].filter((axis) => gradient.axes.includes(axis));
  const lifted = tf.reshape(
    ordered(gradient, known),
    [...axes].map((axis, index) => (gradient.axes.includes(axis) ? (shape[index] ?? 1) : 1)),
  );
  return tf.broadcastTo(lifted, shape);
}
