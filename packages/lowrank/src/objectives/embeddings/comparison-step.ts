// The loss of a batch of texts that are compared, and its mean over many.

import type { ForwardContext } from "@lowrank/contracts";
import type { TokenBatch } from "@lowrank/data";
import { batchTensors, comparisonLoss, type PretrainedModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import type { ComparisonPlan } from "./comparison-plan.ts";

type Plan = Pick<ComparisonPlan, "loss" | "recipe">;

/** All texts of the batch run at once. The caller owns the result. */
export function lossOfTexts(
  model: PretrainedModel,
  batch: TokenBatch,
  { loss, recipe }: Plan,
  context: ForwardContext,
): tf.Scalar {
  const { columns = 0, similarities } = batch;
  return tf.tidy(() => {
    const { labels: _, ...inputs } = batchTensors(batch);
    const embeddings = model.embed(inputs, recipe, context); // [columns · rows, width]
    return comparisonLoss(loss, { embeddings, columns, similarities });
  });
}

/** The mean over batches, each counted by its rows: with the loss "ranking", larger batches are harder. */
export async function meanLossOfTexts(
  model: PretrainedModel,
  batches: Iterable<TokenBatch>,
  {
    plan,
    context,
    signal,
  }: { readonly plan: Plan; readonly context: ForwardContext; readonly signal?: AbortSignal | undefined },
): Promise<number> {
  let [total, rows] = [0, 0];
  for (const batch of batches) {
    signal?.throwIfAborted();
    const loss = lossOfTexts(model, batch, plan, context);
    const [value = Number.NaN] = await loss.data();
    loss.dispose();
    total += value * batch.supervised;
    rows += batch.supervised;
  }
  return total / rows;
}
