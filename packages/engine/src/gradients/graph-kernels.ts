// Kernels that converted graphs are made of and layers seldom are.

import * as tf from "@tensorflow/tfjs-core";
import { spreadAxis } from "../spread-axis.ts";
import { numberOf, numbersOf } from "./attributes.ts";
import { einsumGradient } from "./einsum.ts";
import { gradientOf } from "./rule.ts";

/** For `registerGradients`, by whoever trains through such a graph. */
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

/** The entries of a slice where they came from, and zeros elsewhere. */
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
