// Matrix products and look-ups.

import * as tf from "@tensorflow/tfjs-core";
import { axisOf, booleanOf, numberOf } from "./attributes.ts";
import { gradientOf, unbroadcast } from "./rule.ts";

export const productGradients: readonly tf.GradConfig[] = [
  gradientOf("BatchMatMul", ["a", "b"], (dy, [a, b], attributes) => {
    const transposeA = booleanOf(attributes, "transposeA");
    const transposeB = booleanOf(attributes, "transposeB");
    // The batch axes broadcast, which tfjs's own gradient does not allow for.
    return {
      a: () => {
        const gradient = transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB);
        return unbroadcast(gradient, a.shape);
      },
      b: () => {
        const gradient = transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false);
        return unbroadcast(gradient, b.shape);
      },
    };
  }),
  gradientOf("GatherV2", ["x", "indices"], (dy, [x, indices], attributes) => ({
    x: () =>
      scatter(
        dy,
        x,
        indices,
        axisOf(attributes, "axis", x.rank),
        numberOf({ batchDims: 0, ...attributes }, "batchDims"),
      ),
    indices: () => tf.zeros(indices.shape),
  })),
  gradientOf("GatherNd", ["params", "indices"], (dy, [params, indices]) => ({
    params: () => tf.scatterND(indices, dy, params.shape),
    indices: () => tf.zeros(indices.shape),
  })),
  gradientOf("UnsortedSegmentSum", ["segmentIds"], (dy, [segmentIds]) => ({
    x: () => {
      const gathered = tf.gather(dy, tf.maximum(segmentIds, tf.scalar(0, "int32")));
      const counted = tf.cast(tf.greaterEqual(segmentIds, 0), "float32");
      return tf.mul(gathered, tf.reshape(counted, [segmentIds.size, ...gathered.shape.slice(1).map(() => 1)]));
    },
    segmentIds: () => tf.zeros(segmentIds.shape),
  })),
];

/**
 * Adds each gathered row to its original position. Shapes are reshaped to [batch, outer, entries, inner]: the axes shared
 * with the indices, those before the gathered axis, that axis, and those after it.
 */
function scatter(dy: tf.Tensor, x: tf.Tensor, indices: tf.Tensor, axis: number, batchDims: number): tf.Tensor {
  const sizes = (from: number, to?: number) => tf.util.sizeFromShape(x.shape.slice(from, to));
  const batch = sizes(0, batchDims);
  const outer = sizes(batchDims, axis);
  const entries = x.shape[axis] ?? 1;
  const inner = sizes(axis + 1);
  const picked = batch === 0 ? 0 : indices.size / batch;
  const rows = tf.reshape(outerLast(dy, [batch, outer, picked, inner]), [batch * picked, outer * inner]);
  const starts = tf.reshape(tf.mul(tf.range(0, batch, 1, "int32"), tf.scalar(entries, "int32")), [batch, 1]);
  const ids = tf.reshape<tf.Rank.R1>(tf.add(tf.reshape(tf.cast(indices, "int32"), [batch, picked]), starts), [
    batch * picked,
  ]);
  const summed = tf.unsortedSegmentSum(rows, ids, batch * entries);
  return tf.reshape(outerLast(summed, [batch, entries, outer, inner]), x.shape);
}

/** Swaps the two middle axes of a view with four. */
function outerLast(x: tf.Tensor, shape: [number, number, number, number]): tf.Tensor {
  const view = tf.reshape(x, shape);
  return shape[1] === 1 ? view : tf.transpose(view, [0, 2, 1, 3]);
}
