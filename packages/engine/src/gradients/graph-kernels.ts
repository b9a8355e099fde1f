// Gradients of kernels that converted graphs use, but layers seldom do.

import * as tf from "@tensorflow/tfjs-core";
import { spreadAxis } from "../spread-axis.ts";
import { numberOf, numbersOf } from "./attributes.ts";
import { gradientOf } from "./rule.ts";

/** The entries of a slice at their original positions, and zeros elsewhere. */
function putBack(dy: tf.Tensor, shape: readonly number[], attributes: tf.NamedAttrMap): tf.Tensor {
  const mask = (name: string) => numberOf({ [name]: 0, ...attributes }, name);
  const { begin, end, strides } = tf.slice_util.sliceInfo(
    [...shape],
    numbersOf(attributes, "begin"),
    numbersOf(attributes, "end"),
    numbersOf(attributes, "strides"),
    mask("beginMask"),
    mask("endMask"),
    mask("ellipsisMask"),
    mask("newAxisMask"),
    mask("shrinkAxisMask"),
  );
  // One for each axis of x: a shrunk axis is one of a single entry, a new one is in dy alone.
  const axes = shape.map((size, axis) => {
    const [first = 0, last = size, stride = 1] = [begin[axis], end[axis], strides[axis]];
    return { size, first, stride, count: Math.max(0, Math.ceil((last - first) / stride)) };
  });
  let spread = tf.reshape(
    dy,
    axes.map(({ count }) => count),
  );
  for (const [axis, { stride }] of axes.entries()) {
    if (stride < 0) spread = tf.reverse(spread, axis);
    spread = spreadAxis(spread, axis, Math.abs(stride));
  }
  const margins = axes.map(({ size, first, stride, count }, axis): [number, number] => {
    const before = stride < 0 ? first + (count - 1) * stride : first;
    return [before, size - before - (spread.shape[axis] ?? 0)];
  });
  return tf.pad(spread, margins);
}

function pairsOf(attributes: tf.NamedAttrMap, name: string): [number, number][] {
  const pairs: readonly unknown[] = Array.isArray(attributes[name]) ? attributes[name] : [];
  return pairs.map((pair): [number, number] => {
    const [before = 0, after = 0] = numbersOf({ pair: Array.isArray(pair) ? pair : [] }, "pair");
    return [before, after];
  });
}

/** A tensor whose axes have names, a letter each. */
interface Named {
  readonly tensor: tf.Tensor;
  readonly axes: string;
}

/**
 * The gradient of a sum over products: the result's gradient times the other operand, summed over the axes that the operand lacks. It
 * is one batched product, because TensorFlow.js multiplies an einsum entry by entry before it sums.
 */
const einsumGradient: tf.GradConfig = {
  kernelName: "Einsum",
  saveAllInputs: true,
  gradFunc: (dy, saved, { equation }) => {
    const tensor = Array.isArray(dy) ? dy[0] : dy;
    if (tensor === undefined || typeof equation !== "string") throw new Error("An Einsum without an equation.");
    const [operands = "", result = ""] = equation.replaceAll(" ", "").split("->");
    const named = operands.split(",").map((axes, position): Named => ({ tensor: saved[position]!, axes }));
    const gradientOf = (operand: Named, position: number) => () => {
      const others = named.filter((_, index) => index !== position);
      return repeated(
        others.reduce((product, other) => multiply(product, other, operand.axes), { tensor, axes: result }),
        operand,
      );
    };
    return Object.fromEntries(named.map((operand, position) => [position, gradientOf(operand, position)]));
  },
};

/** The product of both, summed over every axis that `outputAxes` does not have. */
function multiply(a: Named, b: Named, outputAxes: string): Named {
  const [left, right] = [summed(a, b.axes + outputAxes), summed(b, a.axes + outputAxes)];
  const shared = [...left.axes].filter((axis) => right.axes.includes(axis));
  const batch = shared.filter((axis) => outputAxes.includes(axis));
  const inner = shared.filter((axis) => !outputAxes.includes(axis));
  const ofLeft = [...left.axes].filter((axis) => !shared.includes(axis));
  const ofRight = [...right.axes].filter((axis) => !shared.includes(axis));
  const sizes = new Map(
    [left, right].flatMap(({ tensor, axes }) => [...axes].map((axis, index) => [axis, tensor.shape[index] ?? 1])),
  );
  const count = (axes: readonly string[]) => axes.reduce((product, axis) => product * (sizes.get(axis) ?? 1), 1);
  const matrices = (operand: Named, rows: readonly string[], columns: readonly string[]) =>
    tf.reshape(ordered(operand, [...batch, ...rows, ...columns]), [count(batch), count(rows), count(columns)]);
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

function summed({ tensor, axes }: Named, outputAxes: string): Named {
  const summedAxes = [...axes].flatMap((axis, index) => (outputAxes.includes(axis) ? [] : [index]));
  if (summedAxes.length === 0) return { tensor, axes };
  return { tensor: tf.sum(tensor, summedAxes), axes: [...axes].filter((axis) => outputAxes.includes(axis)).join("") };
}

function ordered({ tensor, axes }: Named, order: readonly string[]): tf.Tensor {
  return tf.transpose(
    tensor,
    order.map((axis) => axes.indexOf(axis)),
  );
}

/** In the operand's order, and repeated along the axes that it alone was summed over. */
function repeated(gradient: Named, { tensor: { shape }, axes }: Named): tf.Tensor {
  const presentAxes = [...axes].filter((axis) => gradient.axes.includes(axis));
  const lifted = tf.reshape(
    ordered(gradient, presentAxes),
    [...axes].map((axis, index) => (gradient.axes.includes(axis) ? (shape[index] ?? 1) : 1)),
  );
  return tf.broadcastTo(lifted, shape);
}

/** Pass it to `registerGradients` to train through such a graph. */
export const graphKernelGradients: readonly tf.GradConfig[] = [
  gradientOf("ScatterNd", ["indices"], (dy, [indices]) => ({
    indices: () => tf.zeros(indices.shape),
    updates: () => tf.gatherND(dy, indices),
  })),
  gradientOf("StridedSlice", ["x"], (dy, [x], attributes) => ({ x: () => putBack(dy, x.shape, attributes) })),
  gradientOf("SpaceToBatchND", [], (dy, _saved, attributes) => ({
    x: () => tf.batchToSpaceND(dy, numbersOf(attributes, "blockShape"), pairsOf(attributes, "paddings")),
  })),
  gradientOf("BatchToSpaceND", [], (dy, _saved, attributes) => ({
    x: () => tf.spaceToBatchND(dy, numbersOf(attributes, "blockShape"), pairsOf(attributes, "crops")),
  })),
  ...(["ResizeBilinear", "ResizeNearestNeighbor"] as const).map((kernelName) =>
    gradientOf(kernelName, ["images"], (dy, [images], attributes) => ({
      images: () => tf.engine().runKernel(`${kernelName}Grad`, { images, dy }, attributes),
    })),
  ),
  einsumGradient,
];
