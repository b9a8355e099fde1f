// The masks of a pass: causal order, padding, and biases that rise with the key's position.

import { type AttentionMask, causalMask, combineMasks, maskedScore, paddingMask } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { PassInputs, TokenBlocks } from "../pass-inputs.ts";
import { type Alibi, alibiBiases } from "./alibi.ts";

export interface MaskedPass {
  readonly inputs: Pick<PassInputs, "causal" | "attentionMask" | "blocks">;
  /** Keys in front of the first query. */
  readonly past: number;
  readonly shape: readonly [batch: number, time: number];
}

/** Undefined: no key is hidden. `window` counts the keys to one side of a query, itself included. */
export function maskOfPass(pass: MaskedPass, window: number): AttentionMask | undefined {
  const { causal, attentionMask, blocks } = pass.inputs;
  if (!causal && attentionMask === undefined && window === Number.POSITIVE_INFINITY) return undefined;
  const { past } = pass;
  const [, time] = pass.shape;
  const padding = attentionMask === undefined ? undefined : paddingMask(attentionMask); // [batch, 1, 1, keyTime]
  const order =
    causal && blocks !== undefined ? blockMask(pass, blocks, window) : orderMask({ causal, time, past, window });
  if (padding === undefined) return order;
  return order === undefined ? padding : withMeans(combineMasks(order, padding));
}

/**
 * The causal order in which the tokens of a block also see each other: [batch, 1, time, past + time]. As in transformers, a window
 * hides keys before a query: Gemma 3's `create_masks_for_vision_model`; but PaliGemma's `create_sliding_window_causal_mask` shows the
 * whole block.
 */
function blockMask(
  { past, shape: [batch, time] }: MaskedPass,
  { isMember, isWindowed }: TokenBlocks,
  window: number,
): tf.Tensor4D {
  const keyTime = past + time;
  const values = new Float32Array(batch * time * keyTime).fill(maskedScore);
  for (let token = batch * time - 1, end = 0; token >= 0; token--) {
    const query = token % time;
    // The last position that this query sees: the end of its block, or itself outside of blocks.
    end = query < time - 1 && isMember[token] && isMember[token + 1] ? end : query;
    const first = isMember[token] && !isWindowed ? 0 : Math.max(0, past + query - window + 1);
    values.fill(0, token * keyTime + first, token * keyTime + past + end + 1);
  }
  return tf.tensor4d(values, [batch, 1, time, keyTime]);
}

/** The pass's mask, with a bias that grows with the key's position, differently for each head. */
export function slopedMaskOfPass(
  { inputs, past, shape }: MaskedPass,
  slopes: Alibi,
  mask: AttentionMask | undefined,
): AttentionMask {
  const [, time] = shape;
  const keyTime = past + time;
  const rows = keyPositions(inputs.attentionMask, keyTime);
  const biases = rows.map((positions) =>
    tf.tensor(alibiBiases(slopes, positions), [1, slopes.slopes.length, 1, keyTime]),
  );
  const bias = tf.concat(biases, 0); // [batch or 1, heads, 1, keyTime]
  return mask === undefined ? bias : tf.add(bias, mask);
}

/** For each key, its index among the keys that the mask shows, 0 for padding: [batch or 1][keyTime]. */
function keyPositions(attentionMask: tf.Tensor | undefined, keyTime: number): readonly (readonly number[])[] {
  if (attentionMask === undefined) return [Array.from({ length: keyTime }, (_, key) => key)];
  const shown = Array.from(attentionMask.dataSync());
  return Array.from({ length: attentionMask.shape[0] ?? 0 }, (_, row) => {
    let count = 0;
    return shown.slice(row * keyTime, (row + 1) * keyTime).map((isShown) => {
      count += isShown;
      return (count - 1) * isShown;
    });
  });
}

/** A mask value so large that rounding removes the score that it is added to. */
export const beyondScores = 1e30;

/**
 * Lets queries that see no key get the mean of all values, as in transformers. Padding on the left makes such queries. One of them
 * matters: it is before a row's first token, and a loss may read its prediction of that token.
 */
function withMeans(mask: tf.Tensor4D): tf.Tensor {
  const isBlind = tf.lessEqual(tf.max(mask, -1, true), maskedScore / 2);
  return tf.where(isBlind, tf.fill(mask.shape, beyondScores), mask);
}

export interface OrderMaskOptions {
  /** Whether later keys are hidden. */
  readonly causal: boolean;
  /** Queries. */
  readonly time: number;
  /** Keys in front of the first query. */
  readonly past: number;
  /** How many keys a query sees to one side, itself included; Infinity for all. */
  readonly window: number;
}

/** [1, 1, time, past + time], owned by the caller; undefined if every query sees every key. */
export function orderMask({ causal, time, past, window }: OrderMaskOptions): tf.Tensor4D | undefined {
  // One token at the end sees all keys.
  if (time === 1 && past < window) return undefined;
  if (causal) return causalMask(time, Number.isFinite(window) ? { past, window } : { past });
  return Number.isFinite(window) ? nearMask(time, past, window) : undefined;
}

/** Hides keys at a distance of `window` positions or more, on either side (EmbeddingGemma). */
function nearMask(time: number, past: number, window: number): tf.Tensor4D {
  const keyTime = past + time;
  const values = new Float32Array(time * keyTime).fill(maskedScore);
  for (let query = 0; query < time; query++) {
    const row = query * keyTime;
    const position = past + query;
    values.fill(0, row + Math.max(0, position - window + 1), row + Math.min(keyTime, position + window));
  }
  return tf.tensor4d(values, [1, 1, time, keyTime]);
}
