// Checks that a merged model computes what the adapted one did.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import type * as tf from "@tensorflow/tfjs-core";
import { logitsShapeError, mergeVerificationError } from "./errors.ts";

/** Options of `verifyMerge`. */
export interface VerifyMergeOptions {
  /** Logits of the adapted model, before the merge; [batch, time, …] or [batch, …]. The caller keeps ownership. */
  readonly adapted: tf.Tensor;
  /** Logits of the merged model on the same inputs. */
  readonly merged: tf.Tensor;
  /** int32 [batch, time]; 0 marks padding, which is ignored. Only for logits [batch, time, …]. */
  readonly attentionMask?: tf.Tensor;
  /** Largest difference allowed. Default 1e-4. */
  readonly tolerance?: number;
}

const optionNames: OptionNames<VerifyMergeOptions> = {
  adapted: true,
  merged: true,
  attentionMask: true,
  tolerance: true,
};

/** The difference of the logits. */
export interface MergeVerification {
  readonly largestDifference: number;
  readonly tolerance: number;
  /** Number of compared logits. */
  readonly compared: number;
}

/**
 * Compares logits from before and after a merge.
 *
 * @throws MERGE_VERIFICATION above the tolerance, or if a logit is NaN; LOGITS_SHAPE
 *
 * @example
 * ```ts
 * import { verifyMerge } from "@lowrank/merge";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const logits = tf.tensor2d([[0.5, 2]]);
 * const { largestDifference } = await verifyMerge({ adapted: logits, merged: logits }); // 0
 * logits.dispose();
 * ```
 */
export async function verifyMerge(options: VerifyMergeOptions): Promise<MergeVerification> {
  refuseUnknownOptions("verifyMerge", options, optionNames);
  const { adapted, merged, attentionMask, tolerance = 1e-4 } = options;
  if (adapted.shape.join() !== merged.shape.join()) throw logitsShapeError(adapted.shape, merged.shape);
  const [before, after] = await Promise.all([adapted.data(), merged.data()]);
  const isCounted = await positionFilter(adapted, attentionMask);
  let largestDifference = 0;
  let compared = 0;
  for (let index = 0; index < before.length; index++) {
    if (!isCounted(index)) continue;
    const difference = Math.abs(before[index]! - after[index]!);
    // NaN compares false with every tolerance; here it is the largest difference.
    largestDifference = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largestDifference, difference);
    compared += 1;
    if (largestDifference === Number.POSITIVE_INFINITY) break;
  }
  // A tolerance of NaN always fails.
  if (!(largestDifference <= tolerance)) throw mergeVerificationError(largestDifference, tolerance);
  return { largestDifference, tolerance, compared };
}

/** Whether the logit of a flat index belongs to a position that is not padding. */
async function positionFilter(logits: tf.Tensor, mask: tf.Tensor | undefined): Promise<(index: number) => boolean> {
  const isPerPosition = mask !== undefined && logits.rank > mask.rank && mask.size > 0;
  if (!isPerPosition) return () => true;
  const maskValues = await mask.data();
  const logitsPerPosition = logits.size / mask.size;
  return (index) => maskValues[Math.floor(index / logitsPerPosition)] !== 0;
}
