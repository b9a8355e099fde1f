// Embeddings whose first dimensions are embeddings, too (Matryoshka representation learning, Kusupati et al. 2022).

import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";
import { firstDimensions } from "./first-dimensions.ts";
import { normalized } from "./pooled-embeddings.ts";

/** Numbers of dimensions that are trained, as in sentence-transformers' MatryoshkaLoss. */
export interface Matryoshka {
  /** Each from 1 to the embeddings' width. */
  readonly dims: readonly number[];
  /** One for each of `dims`; default 1. */
  readonly weights?: readonly number[] | undefined;
}

/**
 * The weighted sum of the loss for the first dimensions of the embeddings, scaled to length 1. The caller owns the result.
 *
 * @throws MODEL_INPUT for more dimensions than the embeddings have, and for another number of weights.
 */
export function matryoshkaLoss(
  embeddings: tf.Tensor2D,
  { dims, weights = dims.map(() => 1) }: Matryoshka,
  loss: (embeddings: tf.Tensor2D) => tf.Scalar,
): tf.Scalar {
  if (weights.length !== dims.length || dims.length === 0) {
    const lengths = `${dims.length} dimensions with ${weights.length} weights`;
    throw modelInputError("matryoshka", `it has ${lengths}, expected one weight for each of one or more`);
  }
  return tf.tidy(() => {
    const losses = dims.map((dim, index) => {
      return tf.mul<tf.Scalar>(loss(normalized(firstDimensions(embeddings, dim))), weights[index] ?? 1);
    });
    return tf.addN(losses);
  });
}
