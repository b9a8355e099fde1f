// Masks as tensors that are added to attention scores: 0 where a query sees a key, a huge negative number elsewhere.

import * as tf from "@tensorflow/tfjs-core";
import { noteCausalOrder } from "../../kernels/causal-order.ts";
import { maskedScore } from "../../kernels/masked-score.ts";

/**
 * [batch or 1, heads or 1, queryTime or 1, keyTime]: 0 where the query sees the key, or a bias of the score; `maskedScore` or
 * −Infinity where it does not.
 */
export type AttentionMask = tf.Tensor;

/** The options of `causalMask`. */
export interface CausalMaskOptions {
  /** Keys that are already in a cache before the first query. Default 0. */
  readonly past?: number;
  /** Each query sees at most this many keys, itself included (Mistral's sliding window). Default: all. */
  readonly window?: number;
}

/** Hides from each query the keys after it: [1, 1, queryTime, past + queryTime]. The caller owns it. */
export function causalMask(queryTime: number, options: CausalMaskOptions = {}): tf.Tensor4D {
  const { past = 0, window = Number.POSITIVE_INFINITY } = options;
  const keyTime = past + queryTime;
  const values = new Float32Array(queryTime * keyTime).fill(maskedScore);
  for (let query = 0; query < queryTime; query++) {
    const last = past + query;
    const first = Math.max(0, last - window + 1);
    values.fill(0, query * keyTime + first, query * keyTime + last + 1);
  }
  return noteCausalOrder(tf.tensor4d(values, [1, 1, queryTime, keyTime]), window);
}

/** Hides the keys whose entry in `attentionMask` [batch, keyTime] is 0: [batch, 1, 1, keyTime]. The caller owns it. */
export function paddingMask(attentionMask: tf.Tensor): tf.Tensor4D {
  return tf.tidy(() => {
    const hidden = tf.cast(tf.equal(attentionMask, 0), "float32");
    const [batch = 0, keyTime = 0] = attentionMask.shape;
    return tf.reshape<tf.Rank.R4>(tf.mul(hidden, maskedScore), [batch, 1, 1, keyTime]);
  });
}

/** Hides what either mask hides; shapes broadcast. The caller owns it. */
export function combineMasks(first: AttentionMask, second: AttentionMask): tf.Tensor4D {
  return tf.minimum<tf.Tensor4D>(first, second);
}
