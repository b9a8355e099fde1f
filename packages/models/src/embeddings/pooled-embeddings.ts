// From the last states of a batch to one embedding a row.

import * as tf from "@tensorflow/tfjs-core";
import { type ColumnsOf, type PooledStates, pool } from "../heads/pooling.ts";
import type { Pass } from "../parts/pass.ts";
import type { EmbeddingSettings, Pooling } from "./embedding-settings.ts";
import { firstDimensions } from "./first-dimensions.ts";

const firstShown: ColumnsOf = ({ inputs: { attentionMask }, shape: [batch] }) =>
  attentionMask === undefined ? Array(batch).fill(0) : tf.argMax<tf.Tensor1D>(attentionMask, 1);

const lastShown: ColumnsOf = ({ inputs: { attentionMask }, shape: [batch, time] }) =>
  attentionMask === undefined
    ? Array(batch).fill(time - 1)
    : tf.argMax<tf.Tensor1D>(tf.mul(attentionMask, tf.range(1, time + 1, 1, attentionMask.dtype as "int32")), 1);

/** Which states each pooling reads. */
export const pooledBy: Readonly<Record<Pooling, PooledStates>> = { mean: "mean", first: firstShown, last: lastShown };

/** The states that the pooling reads → [batch, width or dimensions]. Throws MODEL_INPUT for more dimensions than the width. */
export function embeddingsOf(states: tf.Tensor, settings: EmbeddingSettings, pass: Pass): tf.Tensor2D {
  const { pooling, isNormalized, dimensions } = settings;
  const pooled = pool(states, pooledBy[pooling], pass);
  const shortened = dimensions === undefined ? pooled : firstDimensions(pooled, dimensions);
  return isNormalized ? normalized(shortened) : shortened;
}

/** Rows of length 1, as torch's `normalize` makes them: shorter ones than 1e-12 stay shorter, and pass nothing of their length back. */
export function normalized(x: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.div(x, tf.sqrt(tf.maximum(tf.sum(tf.square(x), 1, true), 1e-24))));
}
