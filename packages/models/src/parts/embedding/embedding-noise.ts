// NEFTune (Jain et al. 2024): noise on the embeddings of tokens while training, so that a small data set is not learnt by heart.
// Each number gets one drawn evenly from ±alpha / √(time · width). time is that of the text itself, as in the paper: TRL counts
// the padding, too, so that a row's noise depends on what it is batched with.

import { uniform } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import type { Pass } from "../pass.ts";

/** Of embedded tokens [batch, time, width]; outside of training, or where no noise is asked for, the same. */
export function withNoise(embedded: tf.Tensor, pass: Pass): tf.Tensor {
  const { training, embeddingNoise = 0, random } = pass.context;
  if (!training || embeddingNoise === 0) return embedded;
  const [batch = 0, time = 0, width = 1] = embedded.shape;
  const bounds = lengthsOf(pass, [batch, time]).map(
    (length) => embeddingNoise / Math.sqrt(Math.max(1, length) * width),
  );
  const noise = uniform(embedded.shape, -1, 1, { ...random, path: "embedding noise" });
  return tf.add(embedded, tf.mul(noise, tf.tensor3d(bounds, [batch, 1, 1])));
}

/** Of each row of the pass how many tokens its text has. */
function lengthsOf({ inputs }: Pass, [batch, time]: readonly [number, number]): readonly number[] {
  const { groups, attentionMask } = inputs;
  if (groups !== undefined) return groups.flatMap((group) => Array<number>(group.rows * group.time).fill(group.time));
  if (attentionMask === undefined) return Array<number>(batch).fill(time);
  const seen = Array.from(attentionMask.dataSync());
  return Array.from({ length: batch }, (_, row) => {
    return seen.slice(row * time, (row + 1) * time).reduce((sum, mask) => sum + mask, 0);
  });
}
