// Kernels that move entries without changing them.

import * as tf from "@tensorflow/tfjs-core";
import { axisOf, numbersOf } from "./attributes.ts";
import { gradientOf, unbroadcast, zeroGradientOf } from "./rule.ts";

export const layoutGradients: readonly tf.GradConfig[] = [
  gradientOf("Reshape", ["x"], (dy, [x]) => ({ x: () => tf.reshape(dy, x.shape) })),
  gradientOf("ExpandDims", ["input"], (dy, [input]) => ({ input: () => tf.reshape(dy, input.shape) })),
  gradientOf("Transpose", [], (dy, _saved, attributes) => ({
    x: () => tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(numbersOf(attributes, "perm"))),
  })),
  gradientOf("Slice", ["x"], (dy, [x], attributes) => ({
    x: () => {
      const [begin] = tf.slice_util.parseSliceParams(x, numbersOf(attributes, "begin"), numbersOf(attributes, "size"));
      const margins = x.shape.map((size, axis): [number, number] => {
        const before = begin?.[axis] ?? 0;
        return [before, size - before - (dy.shape[axis] ?? 0)];
      });
      return tf.pad(dy, margins);
    },
  })),
  gradientOf("PadV2", ["x"], (dy, [x], attributes) => ({
    x: () => tf.slice(dy, firstOfEachPair(attributes.paddings), x.shape),
  })),
  gradientOf("Tile", ["x"], (dy, [x], attributes) => ({
    x: () => sumCopies(dy, x.shape, numbersOf(attributes, "reps")),
  })),
  gradientOf("BroadcastTo", ["x"], (dy, [x]) => ({ x: () => unbroadcast(dy, x.shape) })),
  gradientOf("Reverse", [], (dy, _saved, attributes) => ({ x: () => tf.reverse(dy, numbersOf(attributes, "dims")) })),
  gradientOf("Select", ["condition"], (dy, [condition]) => ({
    condition: () => tf.zeros(condition.shape),
    t: () => tf.where(condition, dy, tf.zerosLike(dy)),
    e: () => tf.where(condition, tf.zerosLike(dy), dy),
  })),
  zeroGradientOf("OneHot", "indices"),
  {
    kernelName: "Concat",
    saveAllInputs: true,
    gradFunc: (dy, saved, attributes) => {
      const axis = axisOf(attributes, "axis", saved[0]?.rank ?? 1);
      const part = (index: number) => {
        const start = saved.slice(0, index).reduce((sum, input) => sum + (input.shape[axis] ?? 0), 0);
        const shape = saved[index]?.shape ?? [];
        return tf.slice(
          only(dy),
          shape.map((_, position) => (position === axis ? start : 0)),
          shape,
        );
      };
      return Object.fromEntries(saved.map((_, index) => [index, () => part(index)]));
    },
  },
  {
    kernelName: "SplitV",
    gradFunc: (dy, _saved, attributes) => ({
      x: () => tf.concat(several(dy), axisOf(attributes, "axis", only(dy).rank)),
    }),
  },
  {
    kernelName: "Pack",
    saveAllInputs: true,
    gradFunc: (dy, saved, attributes) => {
      const axis = axisOf(attributes, "axis", only(dy).rank);
      const part = (index: number) =>
        tf.squeeze(tf.slice(only(dy), startAt(only(dy), axis, index), thin(only(dy), axis)), [axis]);
      return Object.fromEntries(saved.map((_, index) => [index, () => part(index)]));
    },
  },
  {
    kernelName: "Unpack",
    gradFunc: (dy, _saved, attributes) => ({
      value: () => tf.stack(several(dy), axisOf(attributes, "axis", only(dy).rank + 1)),
    }),
  },
];

function only(dy: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return several(dy)[0] ?? tf.scalar(0);
}

function several(dy: tf.Tensor | tf.Tensor[]): tf.Tensor[] {
  return Array.isArray(dy) ? dy : [dy];
}

function startAt(x: tf.Tensor, axis: number, index: number): number[] {
  return x.shape.map((_, position) => (position === axis ? index : 0));
}

function thin(x: tf.Tensor, axis: number): number[] {
  return x.shape.map((size, position) => (position === axis ? 1 : size));
}

function firstOfEachPair(pairs: unknown): number[] {
  const list: readonly unknown[] = Array.isArray(pairs) ? pairs : [];
  return list.map((pair) => numbersOf({ pair: Array.isArray(pair) ? pair : [] }, "pair")[0] ?? 0);
}

/** Sums the copies that tiling made, one axis after the other so that no tensor needs more than three axes. */
function sumCopies(dy: tf.Tensor, shape: readonly number[], copies: readonly number[]): tf.Tensor {
  let sum = dy;
  shape.forEach((_size, axis) => {
    const count = copies[axis] ?? 1;
    if (count === 1) return;
    const before = tf.util.sizeFromShape(shape.slice(0, axis));
    sum = tf.sum(tf.reshape(sum, [before, count, sum.size / (before * count)]), 1);
  });
  return tf.reshape(sum, [...shape]);
}
