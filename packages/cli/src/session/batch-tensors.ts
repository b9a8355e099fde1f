// A batch of token ids as tensors. The caller's tidy disposes of them.

import type { TokenBatch } from "@lowrank/data";
import * as tf from "@tensorflow/tfjs-core";

/** What a model's forward and loss take. */
export interface BatchTensors {
  /** int32 [batch, time] */
  readonly inputIds: tf.Tensor2D;
  /** int32 [batch, time] */
  readonly attentionMask: tf.Tensor2D;
  /** int32 [batch, time] */
  readonly tokenTypeIds?: tf.Tensor2D;
  /** int32 [batch, time], or [batch] for a class a row */
  readonly labels: tf.Tensor;
}

/** Makes the tensors of a batch. */
export function batchTensors(batch: TokenBatch): BatchTensors {
  const grid = (values: Int32Array) => tf.tensor2d(values, [batch.rows, batch.time], "int32");
  return {
    inputIds: grid(batch.inputIds),
    attentionMask: grid(batch.attentionMask),
    ...(batch.tokenTypeIds === undefined ? {} : { tokenTypeIds: grid(batch.tokenTypeIds) }),
    labels: tf.tensor(batch.labels, [...batch.labelShape], "int32"),
  };
}
