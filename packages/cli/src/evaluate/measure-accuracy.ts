// The share of rows whose likeliest class is the right one.

import type { ForwardContext } from "@lowrank/contracts";
import { batches } from "@lowrank/data";
import { batchTensors, type PretrainedModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import type { MeasuredData } from "../session/mean-loss.ts";

/** Accuracy of a classifier, 0 to 1. */
export async function measureAccuracy(
  model: PretrainedModel,
  { examples, batchSize, padId }: MeasuredData,
  context: ForwardContext,
): Promise<number> {
  let right = 0;
  for (const batch of batches(examples, { batchSize, padId, shuffle: false, groupByLength: true })) {
    const chosen = tf.tidy(() => {
      const { labels: _, ...inputs } = batchTensors(batch);
      return tf.argMax(model.forward(inputs, context), 1); // [batch]
    });
    const classes = await chosen.data();
    chosen.dispose();
    right += batch.labels.filter((label, row) => label === classes[row]).length;
  }
  return right / examples.length;
}
