// Attention of one new token to everything in a cache: no order to keep, no weights to save, four operations a segment.

import * as tf from "@tensorflow/tfjs-core";
import type { KeysAndValues } from "../cache/key-value-cache.ts";
import { softCap } from "../soft-cap.ts";

export interface OneQueryInputs {
  /** Scaled already: [batch, heads, 1, headSize]. */
  readonly query: tf.Tensor;
  /** Oldest first; the token's own key and value are in the last. */
  readonly segments: readonly KeysAndValues[];
  /** Added to the scores: [batch or 1, heads or 1, 1, keyTime]. */
  readonly mask: tf.Tensor | undefined;
  /** Smooth bound of the scores. */
  readonly cap: number | null;
}

/** Returns [batch, heads, 1, headSize]. */
export function attendWithOneQuery({ query, segments, mask, cap }: OneQueryInputs): tf.Tensor {
  const [batch = 0, heads = 0, , headSize = 0] = query.shape;
  const keyHeads = segments[0]?.key.shape[1] ?? heads;
  // Heads that share a key become the queries of one product: [batch, keyHeads, group, headSize].
  const grouped = tf.reshape(query, [batch, keyHeads, heads / keyHeads, headSize]);
  const parts = segments.map(({ key }) => tf.matMul(grouped, key, false, true)); // each [batch, keyHeads, group, time]
  const unbounded = parts[0] !== undefined && parts.length === 1 ? parts[0] : tf.concat(parts, 3);
  const scores = cap === null ? unbounded : softCap(unbounded, cap);
  const weights = tf.softmax(mask === undefined ? scores : tf.add(scores, byGroup(mask, keyHeads)));
  return tf.reshape(mix(weights, segments), query.shape);
}

function byGroup(mask: tf.Tensor, keyHeads: number): tf.Tensor {
  const [batch = 1, heads = 1, , time = 0] = mask.shape;
  return heads === 1 ? mask : tf.reshape(mask, [batch, keyHeads, heads / keyHeads, time]);
}

function mix(weights: tf.Tensor, segments: readonly KeysAndValues[]): tf.Tensor {
  const [only] = segments;
  if (only !== undefined && segments.length === 1) return tf.matMul(weights, only.value);
  const times = segments.map(({ value }) => value.shape[2] ?? 0);
  const parts = tf.split(weights, times, 3);
  return tf.addN(segments.map(({ value }, index) => tf.matMul(parts[index] ?? weights, value)));
}
