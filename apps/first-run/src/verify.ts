// Merging: W + s·B·A in place of W. The merged model needs no adapter, and must compute what the adapted one did.

import { activeAdapters, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { padBatch, type TokenizedExample } from "@lowrank/data";
import type { AdapterHandle } from "@lowrank/inject";
import { mergeAdapter, verifyMerge } from "@lowrank/merge";
import { batchTensors } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import type { BaseModel } from "./base-model.ts";

/** Merges, compares the logits on a few rows, undoes the merge; returns the largest difference of any logit. */
export async function mergeAndVerify(
  { model, tokenizer }: BaseModel,
  adapter: AdapterHandle,
  rows: readonly TokenizedExample[],
): Promise<number> {
  const inputs = batchTensors(padBatch(rows, { padId: tokenizer.padId }));
  const logits = (context: ForwardContext) => tf.tidy(() => model.forward(inputs, context)); // [rows, time, vocabulary]
  const adapted = logits(inferenceContext(activeAdapters(adapter.name)));
  const mergedHandle = await mergeAdapter(model, adapter);
  const merged = logits(inferenceContext());
  try {
    const { attentionMask } = inputs;
    const tolerance = await toleranceFor(adapted);
    const { largestDifference } = await verifyMerge({ adapted, merged, attentionMask, tolerance });
    return largestDifference;
  } finally {
    mergedHandle.undo();
    tf.dispose([adapted, merged, ...Object.values(inputs)]);
  }
}

/** 1e-4 for logits up to 16; float32 has some seven digits, so larger ones cannot agree as closely. */
async function toleranceFor(logits: tf.Tensor): Promise<number> {
  const largest = tf.tidy(() => tf.max(tf.abs(logits)));
  const [magnitude = 0] = await largest.data();
  largest.dispose();
  return 1e-4 * Math.max(1, magnitude / 16);
}
