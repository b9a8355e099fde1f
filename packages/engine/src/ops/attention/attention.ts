// Scaled dot-product attention (Vaswani et al. 2017) with grouped heads (Ainslie et al. 2023). Query heads that share a
// key head are laid side by side along time, so keys and values are never repeated in memory.

import * as tf from "@tensorflow/tfjs-core";
import { shapeError } from "../../errors.ts";
import { hasCustomKernel } from "../../kernels/custom-kernel.ts";
import { applyDropout, attributesOf } from "../../kernels/drop-entries.ts";
import { maskedScore } from "../../kernels/masked-score.ts";
import type { DropoutDraw } from "../../random/masks/dropout-mask.ts";
import { withGradients } from "../../tape/with-gradients.ts";
import { checkRate } from "../dropout.ts";
import { runAttentionKernel } from "./attention-kernels.ts";
import type { AttentionMask } from "./attention-mask.ts";

/** The inputs of attention. */
export interface AttentionInputs {
  /** [batch, heads, queryTime, headSize] */
  readonly query: tf.Tensor;
  /** [batch, keyHeads, keyTime, headSize]; keyHeads divides heads. */
  readonly key: tf.Tensor;
  /** [batch, keyHeads, keyTime, valueSize] */
  readonly value: tf.Tensor;
  /** Added to the scores: [batch or 1, heads or 1, queryTime or 1, keyTime]. Absent: everything is visible. */
  readonly mask?: AttentionMask;
  /** Multiplies the scores; default 1/√headSize. */
  readonly scale?: number;
  /** Bounds the scaled scores to ±cap, smoothly: cap·tanh(score/cap) (Gemma 2). Absent: unbounded. */
  readonly cap?: number;
  /** Dropout of the weights [batch, heads, queryTime, keyTime], as in `dropout`. Absent: none. */
  readonly dropout?: DropoutDraw | undefined;
}

/**
 * softmax(bound(query·keyᵀ·scale) + mask)·value, as [batch, heads, queryTime, valueSize].
 *
 * A query to which the mask hides every key gives 0 and receives a gradient of 0 (padding on the left makes such
 * queries). Differentiable for query, key and value. Throws SHAPE_MISMATCH, and ArgumentError unless 0 ≤ rate < 1.
 *
 * @example
 * ```ts
 * import { attention } from "@lowrank/engine";
 * import { causalMask } from "@lowrank/engine/internal";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const heads = tf.ones([1, 4, 3, 8]); // [batch, heads, time, headSize]
 * const shared = tf.ones([1, 2, 3, 8]); // two key heads, each for two query heads
 * const y = attention({ query: heads, key: shared, value: shared, mask: causalMask(3) }); // [1, 4, 3, 8]
 * ```
 */
export function attention(inputs: AttentionInputs): tf.Tensor {
  const { query, key, value, mask, cap } = inputs;
  const sizes = checkSizes(inputs);
  if (inputs.dropout !== undefined) checkRate("attention", inputs.dropout.rate);
  const dropped = (weights: tf.Tensor) =>
    inputs.dropout === undefined || inputs.dropout.rate === 0 ? weights : applyDropout(weights, inputs.dropout);
  const scale = inputs.scale ?? 1 / Math.sqrt(sizes.headSize);
  const { batch, heads, queryTime, keyTime } = sizes;
  const groupRows = (heads / sizes.keyHeads) * queryTime;
  const grouped = (x: tf.Tensor) => tf.reshape(x, [batch, sizes.keyHeads, groupRows, x.shape[3] ?? 1]);
  const separated = (x: tf.Tensor) => tf.reshape(x, [batch, heads, queryTime, x.shape[3] ?? 1]);
  const asScores = (x: tf.Tensor) => tf.reshape(x, [batch, heads, queryTime, keyTime]);

  const masked = mask === undefined ? {} : { mask };
  if (hasCustomKernel("LowrankAttention", { query, key, value, ...masked })) {
    const drop = inputs.dropout === undefined ? {} : attributesOf(inputs.dropout);
    return runAttentionKernel("LowrankAttention", { query, key, value }, masked, { scale, cap: cap ?? 0, ...drop });
  }
  return withGradients({
    inputs: { query, key, value },
    forward: () => {
      const scores = asScores(cappedScores(tf.mul(tf.matMul(grouped(query), key, false, true), scale), cap));
      const bounded = mask === undefined ? undefined : tf.maximum(mask, maskedScore);
      const weights = grouped(tf.softmax(bounded === undefined ? scores : tf.add(scores, bounded)));
      const alive = bounded === undefined ? tf.ones([1, 1, 1, 1], "bool") : aliveQueries(bounded);
      const mixed = separated(tf.matMul(dropped(weights), value)); // [batch, heads, queryTime, valueSize]
      return {
        value: mask === undefined ? mixed : zeroUnless(alive, mixed),
        saved: [query, key, value, weights, alive],
      };
    },
    backward: (dy, [query, key, value, weights, alive]) => {
      const dyGroups = tf.tidy(() => grouped(mask === undefined ? dy : zeroUnless(alive, dy)));
      const droppedWeights = dropped(weights);
      const scoreGradient = tf.tidy(() => {
        const weighted = tf.mul(tf.matMul(dyGroups, value, false, true), droppedWeights);
        const total = tf.sum(weighted, -1, true);
        const gradient = tf.mul(tf.sub(weighted, tf.mul(weights, total)), scale); // [batch, keyHeads, groupRows, keyTime]
        if (cap === undefined) return gradient;
        const squashed = tf.tanh(tf.mul(tf.matMul(grouped(query), key, false, true), scale / cap));
        return tf.mul(gradient, tf.sub(1, tf.square(squashed)));
      });
      return {
        query: () => tf.reshape(tf.matMul(scoreGradient, key), query.shape),
        key: () => tf.matMul(scoreGradient, grouped(query), true, false),
        value: () => tf.matMul(droppedWeights, dyGroups, true, false),
      };
    },
  });
}

function cappedScores(scores: tf.Tensor, cap: number | undefined): tf.Tensor {
  return cap === undefined ? scores : tf.mul(tf.tanh(tf.div(scores, cap)), cap);
}

/** Which queries see a key: [batch or 1, heads or 1, queryTime, 1]. NaN counts as seen, and makes NaN. */
function aliveQueries(mask: tf.Tensor): tf.Tensor {
  return tf.logicalNot(tf.lessEqual(tf.max(mask, -1, true), maskedScore / 2));
}

/** x, but 0 for the queries that see nothing, whatever they have: a product would leave NaN as it is. */
function zeroUnless(alive: tf.Tensor, x: tf.Tensor): tf.Tensor {
  return tf.where(alive, x, tf.zerosLike(x));
}

interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly queryTime: number;
  readonly keyTime: number;
  readonly headSize: number;
}

function checkSizes({ query, key, value, mask }: AttentionInputs): Sizes {
  const [batch = 0, heads = 0, queryTime = 0, headSize = 0] = query.shape;
  const [, keyHeads = 0, keyTime = 0] = key.shape;
  if (query.rank !== 4) throw shapeError("attention's query", query.shape, "[batch, heads, queryTime, headSize]");
  if (key.rank !== 4 || key.shape[0] !== batch || key.shape[3] !== headSize || keyHeads === 0 || heads % keyHeads !== 0)
    throw shapeError("attention's key", key.shape, `[${batch}, a divisor of ${heads}, keyTime, ${headSize}]`);
  if (value.rank !== 4 || value.shape[0] !== batch || value.shape[1] !== keyHeads || value.shape[2] !== keyTime)
    throw shapeError("attention's value", value.shape, `[${batch}, ${keyHeads}, ${keyTime}, valueSize]`);
  const [maskBatch, maskHeads, maskQueries, maskKeys] = mask?.shape ?? [1, 1, queryTime, keyTime];
  const hasHeads = maskHeads === 1 || maskHeads === heads;
  const hasQueries = maskQueries === 1 || maskQueries === queryTime;
  const fits = (maskBatch === 1 || maskBatch === batch) && hasHeads && hasQueries && maskKeys === keyTime;
  if (mask !== undefined && !(mask.rank === 4 && fits)) {
    const expected = `[${batch} or 1, ${heads} or 1, ${queryTime} or 1, ${keyTime}]`;
    throw shapeError("attention's mask", mask.shape, expected);
  }
  return { batch, heads, keyHeads, queryTime, keyTime, headSize };
}
