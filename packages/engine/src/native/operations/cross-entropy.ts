// The losses of some rows of logits, and the gradient written over the logits themselves: they are the largest tensor of a
// training step, and nobody needs them afterwards.

import type * as tf from "@tensorflow/tfjs-core";
import { inputOf, type KernelCall, registerOwnKernel, singleOperation } from "../kernels/native-kernel.ts";

export function registerCrossEntropy(): void {
  registerOwnKernel("LowrankConsumeLogits", consumeLogits);
}

/**
 * logits [rows, classes], labels [rows] → losses [rows] (of class 0 where the label is negative) and, if
 * `isDifferentiated`, softmax(logits) − onehot(labels) in the memory of the logits, which are lost.
 */
function consumeLogits(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const logits = inputOf(call, "logits");
  const labels = backend.integers(inputOf(call, "labels"));
  const [rows = 0, classes = 0] = logits.shape;
  const values = backend.floats(logits);
  const whole = { values, shape: logits.shape };
  backend.run(
    backend.session("LogSoftmax", () => singleOperation("LogSoftmax", ["a"], { axis: -1 })),
    [whole],
    [whole],
  );
  const losses = backend.pool.take(rows);
  for (let row = 0; row < rows; row++) losses[row] = -(values[row * classes + Math.max(0, labels[row] ?? 0)] ?? 0);
  const lossTensor = backend.output([rows], losses);
  if (attributes.isDifferentiated !== true) return [lossTensor];
  backend.run(
    backend.session("Exp", () => singleOperation("Exp", ["a"])),
    [whole],
    [whole],
  );
  for (let row = 0; row < rows; row++) {
    const label = labels[row] ?? -1;
    if (label >= 0 && label < classes) values[row * classes + label] = (values[row * classes + label] ?? 0) - 1;
  }
  backend.incRef(logits.dataId);
  return [lossTensor, { dataId: logits.dataId, shape: logits.shape, dtype: "float32" }];
}
