// Attention by plain operations, for what the fused one in engine cannot: gradients of its mask (biases that train), scores
// through which nothing passes back, and sinks.

import { type AttentionInputs, maskedScore } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { softCap } from "../soft-cap.ts";

export interface PartInputs extends Omit<AttentionInputs, "dropout"> {
  /** Multiplies the scores, which is 0 where nothing may pass back through them. */
  readonly kept?: tf.Tensor | undefined;
  /** For each head a score of nothing: what it draws of a query's attention goes to no value (GPT-OSS). [heads] */
  readonly sinks?: tf.Tensor | undefined;
}

/** As engine's `attention`, with `drop` applied to the weights [batch, heads, queryTime, keyTime]. */
export function attentionByParts(inputs: PartInputs, drop: (weights: tf.Tensor) => tf.Tensor): tf.Tensor {
  const { query, mask, cap, kept, sinks, scale = 1 } = inputs;
  const heads = query.shape[1] ?? 1;
  const key = repeatHeads(inputs.key, heads);
  const value = repeatHeads(inputs.value, heads);
  const unbounded = tf.mul(tf.matMul(query, key, false, true), scale); // [batch, heads, queryTime, keyTime]
  const bounded = cap === undefined ? unbounded : softCap(unbounded, cap);
  const scores = kept === undefined ? bounded : tf.mul(bounded, kept);
  if (sinks !== undefined) return tf.matMul(drop(sharesBesideSinks(masked(scores, mask), sinks)), value);
  if (mask === undefined) return tf.matMul(drop(tf.softmax(scores)), value);
  // A query that sees no key would spread evenly over what is hidden; it gives 0 instead.
  const seen = tf.cast(tf.greater(mask, maskedScore / 2), "float32");
  return tf.matMul(drop(tf.mul(tf.softmax(tf.add(scores, mask)), seen)), value);
}

/** A query that sees no key gives all its attention to the sink, not to the mean that the mask asks for. */
function masked(scores: tf.Tensor, mask: tf.Tensor | undefined): tf.Tensor {
  if (mask === undefined) return scores;
  return tf.add(scores, tf.where(tf.greater(mask, -maskedScore), tf.fill(mask.shape, maskedScore), mask));
}

function sharesBesideSinks(scores: tf.Tensor, sinks: tf.Tensor): tf.Tensor {
  const [batch = 0, heads = 0, queries = 0, keys = 0] = scores.shape;
  const column = tf.tile(tf.reshape(sinks, [1, heads, 1, 1]), [batch, 1, queries, 1]);
  const shares = tf.softmax(tf.concat([scores, column], 3));
  return tf.slice(shares, [0, 0, 0, 0], [batch, heads, queries, keys]);
}

/** [batch, keyHeads, time, headSize] → [batch, heads, time, headSize], each key head for its group of query heads. */
function repeatHeads(x: tf.Tensor, heads: number): tf.Tensor {
  const [batch = 0, keyHeads = 1, time = 0, headSize = 0] = x.shape;
  if (keyHeads === heads) return x;
  const group = tf.tile(tf.reshape(x, [batch, keyHeads, 1, time, headSize]), [1, 1, heads / keyHeads, 1, 1]);
  return tf.reshape(group, [batch, heads, time, headSize]);
}
