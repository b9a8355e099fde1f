// The share of rows whose likeliest class is the right one.

import type { ForwardContext } from "@lowrank/contracts";
import { batchTensors, type PretrainedModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import { type MeasuredData, measuredBatches } from "../session/measured-batches.ts";

/** Accuracy of a classifier, 0 to 1. */
export async function measureAccuracy(
  model: PretrainedModel,
  data: MeasuredData,
  context: ForwardContext,
): Promise<number> {
  let right = 0;
  for (const batch of measuredBatches(data)) {
    const chosen = tf.tidy(() => {
      const { labels: _, ...inputs } = batchTensors(batch);
      return tf.argMax(model.forward(inputs, context), 1); // [batch]
    });
    const classes = await chosen.data();
    chosen.dispose();
    right += batch.labels.filter((label, row) => label === classes[row]).length;
  }
  return right / data.examples.length;
}
