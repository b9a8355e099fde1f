// Logits on an input that is the same every time, to compare a model with itself.

import type { ForwardContext } from "@lowrank/contracts";
import { mulberry32 } from "@lowrank/data";
import type { PretrainedModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";

const rows = 2;
const longest = 24;

/** What the model computes for a few rows of arbitrary tokens; the caller disposes of it. */
export function sampleLogits(model: PretrainedModel, context: ForwardContext): tf.Tensor {
  const { vocabularySize, maxPositions } = model.config;
  const time = Math.min(longest, maxPositions);
  const random = mulberry32(20260101);
  const ids = Int32Array.from({ length: rows * time }, () => Math.floor(random() * vocabularySize));
  return tf.tidy(() => model.forward({ inputIds: tf.tensor2d(ids, [rows, time], "int32") }, context));
}
