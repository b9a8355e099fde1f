// Which keys a query may see by their places alone.

import { causalMask, maskedScore } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";

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

/** [1, 1, time, past + time], which the caller owns; undefined where every query sees every key. */
export function orderMask({ causal, time, past, window }: OrderMaskOptions): tf.Tensor4D | undefined {
  // One token at the end of everything sees all of it.
  if (time === 1 && past < window) return undefined;
  if (causal) return causalMask(time, Number.isFinite(window) ? { past, window } : { past });
  return Number.isFinite(window) ? nearMask(time, past, window) : undefined;
}

/** Hides keys that are `window` places away or more, on either side (EmbeddingGemma). */
function nearMask(time: number, past: number, window: number): tf.Tensor4D {
  const keyTime = past + time;
  const values = new Float32Array(time * keyTime).fill(maskedScore);
  for (let query = 0; query < time; query++) {
    const row = query * keyTime;
    const place = past + query;
    values.fill(0, row + Math.max(0, place - window + 1), row + Math.min(keyTime, place + window));
  }
  return tf.tensor4d(values, [1, 1, time, keyTime]);
}
