// The share of rows, or of labelled tokens, whose likeliest class is the right one.

import type { ForwardContext } from "@lowrank/contracts";
import { ignoredLabel } from "@lowrank/data";
import { batchTensors, type PretrainedModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import { type MeasuredData, measuredBatches } from "../rows/measured-batches.ts";

/** Accuracy of a classifier, 0 to 1. */
export async function measureAccuracy(
  model: PretrainedModel,
  data: MeasuredData,
  context: ForwardContext,
): Promise<number> {
  let right = 0;
  let counted = 0;
  for (const batch of measuredBatches(data)) {
    const chosen = tf.tidy(() => {
      const { labels: _, ...inputs } = batchTensors(batch);
      return tf.argMax(model.forward(inputs, context), -1); // [batch], or [batch, time] of a token classifier
    });
    const classes = await chosen.data();
    chosen.dispose();
    right += batch.labels.filter((label, place) => label === classes[place]).length;
    counted += batch.labels.filter((label) => label !== ignoredLabel).length;
  }
  return right / counted;
}
