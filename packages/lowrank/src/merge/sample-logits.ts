// Logits on an input that is the same every time, to compare a model with itself.

import type { ForwardContext } from "@lowrank/contracts";
import type { PretrainedModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import { sampleInputs } from "./sample-inputs.ts";

/** What the model computes for `sampleInputs`; the caller disposes of it. */
export function sampleLogits(model: PretrainedModel, context: ForwardContext): tf.Tensor {
  return tf.tidy(() => model.forward(sampleInputs(model), context));
}
