// Log-probabilities of sampled completions as plain numbers: for the policy that sampled them, and for the reference model.

import type { ForwardContext } from "@lowrank/contracts";
import { withoutTape } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { batchTensors, type IntegerBatch } from "../inputs/batch-tensors.ts";
import type { PretrainedModel } from "../pretrained-model.ts";

/**
 * The log-probability of each trained position, [positions], in the order of `PretrainedModel.labelLogProbs`; logits are
 * divided by `temperature` (default 1). Nothing is differentiated.
 *
 * @throws what `PretrainedModel.labelLogProbs` throws.
 */
export async function completionLogProbs(
  model: PretrainedModel,
  batch: IntegerBatch,
  context: ForwardContext,
  options: { readonly temperature?: number | undefined } = {},
): Promise<Float32Array> {
  const how = { ...options, sharesPrefix: true }; // completions of a prompt have the same beginning
  const values = tf.tidy(() => withoutTape(() => model.labelLogProbs(batchTensors(batch), context, how).values));
  try {
    return await values.data<"float32">();
  } finally {
    values.dispose();
  }
}

/**
 * The sum of old − reference log-probabilities of each completion, [rows]: the estimate of the KL divergence whose β-fold
 * TRL's RLOOTrainer subtracts from rewards. For batches of causal language models.
 */
export function completionKl(
  { rows, time, labels }: Pick<IntegerBatch, "rows" | "time" | "labels">,
  { oldLogProbs, referenceLogProbs }: Readonly<Record<"oldLogProbs" | "referenceLogProbs", Float32Array>>,
): Float32Array {
  const sums = new Float32Array(rows);
  let position = 0;
  for (let index = 0; index < rows * time; index++) {
    // Nothing predicts the first token of a row.
    if (index % time === 0 || (labels[index] ?? -100) === -100) continue;
    const row = Math.floor(index / time);
    sums[row] = (sums[row] ?? 0) + (oldLogProbs[position] ?? 0) - (referenceLogProbs[position] ?? 0);
    position += 1;
  }
  return sums;
}
