// The loss over a data set, as one large batch would have it: each batch counts by what it supervises.

import { type ForwardContext, inferenceContext } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import { batchTensors, type IntegerBatch } from "./batch-tensors.ts";
import type { PretrainedModel } from "./pretrained-model.ts";

/**
 * The mean loss over every label that counts in all batches; NaN if none does.
 *
 * @throws ModelInputError and PositionLimitError as `PretrainedModel.loss`.
 *
 * @example
 * ```ts
 * import { type IntegerBatch, meanLoss, type PretrainedModel } from "@lowrank/models";
 *
 * export async function perplexity(model: PretrainedModel, batches: Iterable<IntegerBatch>): Promise<number> {
 *   return Math.exp(await meanLoss(model, batches));
 * }
 * ```
 */
export async function meanLoss(
  model: PretrainedModel,
  batches: Iterable<IntegerBatch>,
  context: ForwardContext = inferenceContext(),
): Promise<number> {
  let total = 0;
  let count = 0;
  for (const batch of batches) {
    const sum = tf.tidy(() => {
      const losses = model.lossSum(batchTensors(batch), context);
      count += losses.count;
      return losses.sum;
    });
    const [value = Number.NaN] = await sum.data();
    sum.dispose();
    total += value;
  }
  return total / count;
}
