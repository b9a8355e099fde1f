// T5's positions: a learned bias of the score for each distance between query and key, far distances in ever wider
// buckets (Raffel et al. 2020, section 2.1). The first layer's table serves all layers of its stack.

import type { ForwardContext } from "@lowrank/contracts";
import type { EmbeddingSite, Part } from "@lowrank/engine/hook-points";
import * as tf from "@tensorflow/tfjs-core";
import type { Pass } from "../pass.ts";

export interface RelativePositions {
  /** Bias and mask together, [rows or 1, heads, queryTime, keyTime]; made once a pass. */
  mask(pass: Pass): tf.Tensor;
  /** Whether this call trains the table or computes with another one. */
  isAdapted(context: ForwardContext): boolean;
  /** The table: each block that reads it counts it among its parts. */
  readonly table: Part;
}

export interface BucketOptions {
  readonly buckets: number;
  /** From this distance on, all share a bucket. */
  readonly farthest: number;
  /** Whether later keys have buckets of their own; else they share that of distance 0. */
  readonly isBidirectional: boolean;
}

export function relativePositions(table: EmbeddingSite, options: BucketOptions): RelativePositions {
  const key = {};
  return {
    mask: (pass) =>
      pass.once(key, () => {
        const bias = biasOf(table, options, pass);
        const mask = pass.mask();
        return mask === undefined ? bias : tf.add(bias, mask);
      }),
    isAdapted: (context) => table.isAdapted(context),
    table,
  };
}

/** [1, heads, queryTime, keyTime]; [batch, …] if rows of the batch may have their own tables. */
function biasOf(table: EmbeddingSite, options: BucketOptions, pass: Pass): tf.Tensor {
  const [batch, time] = pass.shape;
  const { past, context } = pass;
  const keyTime = past + time;
  const buckets = pass.byDistance((distance) => bucketOf(distance, options));
  const ids = tf.reshape(buckets, [1, time * keyTime]); // [1, pairs]
  const byRow = context.adapters.kind === "rows" && table.isAdapted(context);
  const rows = table.forward(byRow ? tf.tile(ids, [batch, 1]) : ids, context); // [1 or batch, pairs, heads]
  return tf.transpose(tf.reshape(rows, [-1, time, keyTime, table.outFeatures]), [0, 3, 1, 2]);
}

/**
 * The bucket of a key `distance` positions after the query (negative: before it).
 *
 * Rounded to float32 after each step, as in torch, so that a distance at the border of two buckets gets the same one.
 */
function bucketOf(distance: number, { buckets, farthest, isBidirectional }: BucketOptions): number {
  const half = isBidirectional ? Math.floor(buckets / 2) : buckets;
  const offset = isBidirectional && distance > 0 ? half : 0;
  const far = isBidirectional ? Math.abs(distance) : Math.max(0, -distance);
  const exact = Math.floor(half / 2);
  if (far < exact) return offset + far;
  const { fround, log } = Math;
  const share = fround(fround(log(fround(far / exact))) / fround(log(farthest / exact)));
  const wide = exact + Math.trunc(fround(share * (half - exact)));
  return offset + Math.min(wide, half - 1);
}
