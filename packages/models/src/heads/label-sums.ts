// Labels of one row added up: the log-probability of each row's answer.

import * as tf from "@tensorflow/tfjs-core";
import type { IntegerBatch } from "../inputs/batch-tensors.ts";
import type { LabelLogProbs } from "./head.ts";

/** The sum of each row's labels, and their number, at least 1: [rows] each. A product with a matrix of ones at the labels' columns. */
export function sumsAndLengths(
  { rows, time, labelShape: [, columns = time] }: Pick<IntegerBatch, "rows" | "time" | "labelShape">,
  { values, positions }: LabelLogProbs,
): { readonly sums: tf.Tensor1D; readonly lengths: tf.Tensor1D } {
  const ones = new Float32Array(rows * positions.length);
  const lengths = new Float32Array(rows);
  for (const [column, position] of positions.entries()) {
    const row = Math.floor(position / columns);
    ones[row * positions.length + column] = 1;
    lengths[row] = (lengths[row] ?? 0) + 1;
  }
  const sums = tf.matMul(tf.tensor2d(ones, [rows, positions.length]), tf.expandDims<tf.Tensor2D>(values, 1));
  return {
    sums: tf.reshape<tf.Rank.R1>(sums, [rows]),
    lengths: tf.tensor1d(lengths.map((length) => Math.max(1, length))),
  };
}
