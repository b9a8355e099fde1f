// The loss over a data set, as one large batch would have it: each batch counts by what it supervises.

import type { ForwardContext } from "@lowrank/contracts";
import { batches, type TokenizedExample } from "@lowrank/data";
import { batchTensors, type PretrainedModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";

/** What to measure on. */
export interface MeasuredData {
  readonly examples: readonly TokenizedExample[];
  readonly batchSize: number;
  readonly padId: number;
}

/** The mean loss over everything supervised. */
export async function meanLoss(model: PretrainedModel, data: MeasuredData, context: ForwardContext): Promise<number> {
  let sum = 0;
  let count = 0;
  const { examples, batchSize, padId } = data;
  for (const batch of batches(examples, { batchSize, padId, shuffle: false, groupByLength: true })) {
    const loss = tf.tidy(() => model.loss(batchTensors(batch), context));
    const [value = Number.NaN] = await loss.data();
    loss.dispose();
    sum += value * batch.supervised;
    count += batch.supervised;
  }
  return sum / count;
}
