// Attention of one new token to everything before it, with the token's own key and value appended to the cache: one call
// instead of seven, if the backend has it.

import * as tf from "@tensorflow/tfjs-core";
import { runCustomKernel } from "../../kernels/custom-kernel.ts";
import type { CachedPositions } from "../../step/token-steps.ts";

/** The inputs of one new token's attention to its cache. */
export interface NextTokenInputs {
  /** [batch, heads, 1, headSize] */
  readonly query: tf.Tensor;
  /** The new token's, before rotation: [batch, keyHeads, 1, headSize]. */
  readonly fresh: CachedPositions;
  /** Rotates queries and keys: [1, headSize, headSize]. */
  readonly rotation?: tf.Tensor | undefined;
  /** Older positions, which stay as they are. */
  readonly settled?: CachedPositions | undefined;
  /** The earlier keys and values, to which the new one is appended. */
  readonly recent: CachedPositions;
  readonly scale: number;
}

/** The attention's output [batch, heads, 1, headSize], and the recent positions including the new one. */
export interface NextToken {
  readonly mixed: tf.Tensor;
  readonly recent: CachedPositions;
}

/** Undefined if the backend has no such kernel, or if a gradient is needed: it has none. */
export function attendNext(inputs: NextTokenInputs): NextToken | undefined {
  const { query, fresh, rotation, settled, recent, scale } = inputs;
  if (tf.engine().state.gradientDepth > 0 || (rotation !== undefined && rotation.shape[0] !== 1)) return undefined;
  const tensors = {
    query,
    key: fresh.key,
    value: fresh.value,
    recentKey: recent.key,
    recentValue: recent.value,
    ...(rotation === undefined ? {} : { rotation }),
    ...(settled === undefined ? {} : { settledKey: settled.key, settledValue: settled.value }),
  };
  const [mixed, key, value] = runCustomKernel("LowrankAttendNext", tensors, { scale }) ?? [];
  if (mixed === undefined || key === undefined || value === undefined) return undefined;
  return { mixed, recent: { key, value } };
}
