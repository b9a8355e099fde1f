// Initial values of added tokens' rows. transformers' `resize_token_embeddings` draws them around the mean of the old rows,
// with a billionth of their covariance; here they are that mean.

import type { ParameterRef } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { FrozenWeight } from "../frozen-weight.ts";
import { normal } from "../random/draw.ts";

/**
 * Initial values of added tokens in tables, output heads and their biases:
 * - "mean": the mean over the old tokens; 0 in the bias of a tied head (BERT's output), as in transformers;
 * - "zeros";
 * - a seed: drawn around 0 with standard deviation `deviation` (default 0.02); biases are 0.
 */
export type NewRows = "mean" | "zeros" | { readonly seed: number; readonly deviation?: number };

/** transformers' default of `initializer_range`. */
const defaultDeviation = 0.02;

/** New rows [count, inFeatures] for a table, or for a head's transposed view. The caller owns them. */
export function rowsLike(
  weight: FrozenWeight,
  { newRows, count, path }: { readonly newRows: NewRows; readonly count: number; readonly path: string },
): tf.Tensor2D {
  const { inFeatures, outFeatures } = weight;
  if (newRows === "zeros") return tf.zeros([count, inFeatures]);
  if (newRows === "mean")
    return tf.tidy(() => {
      const ones = tf.ones<tf.Rank.R2>([1, outFeatures]);
      return tf.tile(tf.div<tf.Tensor2D>(weight.multiplyTransposed(ones), outFeatures), [count, 1]);
    });
  const { seed, deviation = defaultDeviation } = newRows;
  // The shape has two axes.
  return normal([count, inFeatures], 0, deviation, { seed, path }) as tf.Tensor2D;
}

/** Resizes the last axis (tokens) of a bias or another parameter. The caller owns the result. */
export function resizeVector(parameter: ParameterRef, shape: readonly number[], newRows: NewRows): tf.Tensor {
  return tf.tidy(() => {
    const old = parameter.read();
    const [had = 0, wanted = 0] = [old.shape.at(-1), shape.at(-1)];
    const common = tf.slice(
      old,
      shape.map(() => 0),
      [...shape.slice(0, -1), Math.min(had, wanted)],
    );
    if (wanted <= had) return common;
    const missing = [...shape.slice(0, -1), wanted - had];
    const added = newRows === "mean" ? tf.mul(tf.ones(missing), tf.mean(old)) : tf.zeros(missing);
    return tf.concat([common, added], shape.length - 1);
  });
}
