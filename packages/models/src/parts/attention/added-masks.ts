// GPT-Neo's masks: transformers applies the layer's own mask – later keys, keys before the window –, and then adds the mask
// of all layers – later keys, padding. The sum differs from a single mask for queries that see no key.

import { type AttentionMask, combineMasks, maskedScore, paddingMask } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { Pass } from "../pass.ts";
import { beyondScores } from "../positions/pass-masks.ts";

/** A layer's mask, made once for each pass; undefined: no key is hidden. */
export type MaskMaker = (pass: Pass) => AttentionMask | undefined;

/** For a layer whose queries see `window` keys, themselves included; null: all keys before them. */
export function addedMasks(window: number | null): MaskMaker {
  const key = {};
  return (pass) => {
    const { attentionMask } = pass.inputs;
    // Without padding every query sees at least itself.
    if (attentionMask === undefined) return pass.mask(window ?? undefined);
    return pass.once(key, () => {
      const layerMask = pass.order(window ?? undefined); // [1, 1, time, past + time]
      const sharedMask = combineMasks(pass.order(), paddingMask(attentionMask)); // [batch, 1, time, past + time]
      return withMeans(layerMask, sharedMask);
    });
  };
}

/**
 * 1 where the layer's own mask keeps a score, 0 where it replaces it, so that no gradient passes. It only matters for a query that
 * sees no key, if a loss reads its state, as with answers in padding.
 */
export function gradientMask(window: number | null): MaskMaker {
  const key = {};
  return (pass) => {
    if (pass.inputs.attentionMask === undefined) return undefined;
    return pass.once(key, () => {
      return tf.cast(tf.equal(pass.order(window ?? undefined), 0), "float32"); // [1, 1, time, past + time]
    });
  };
}

/**
 * A query that sees no key has only scores of the lowest finite number, and the sum of two masks would be −Infinity. It gets the
 * mean of the values that only one of the masks hides. The same holds for a query before the first token, because a loss may count
 * that token's prediction.
 */
function withMeans(layerMask: AttentionMask, sharedMask: AttentionMask): tf.Tensor {
  const combined = combineMasks(layerMask, sharedMask);
  const isBlind = tf.lessEqual(tf.max(combined, -1, true), maskedScore / 2);
  const isHiddenTwice = tf.lessEqual(tf.add(layerMask, sharedMask), maskedScore * 1.5);
  const means = tf.where(isHiddenTwice, tf.fill(combined.shape, maskedScore), tf.fill(combined.shape, beyondScores));
  return tf.where(isBlind, means, combined);
}
