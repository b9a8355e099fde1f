// Dropout in one pass over its tensor.

import type * as tf from "@tensorflow/tfjs-core";
import { drawIn } from "../../../kernels/drop-entries.ts";
import { dropoutMask } from "../../../random/masks/dropout-mask.ts";
import { inputOf, type KernelCall, registerOwnKernel } from "../kernels/native-kernel.ts";

export function registerDropout(): void {
  registerOwnKernel("LowrankDropout", dropout);
}

/** x of any shape → its entries times their factors. */
function dropout(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const x = inputOf(call, "x");
  const values = backend.floats(x);
  const output = backend.pool.take(values.length);
  dropoutMask(drawIn(attributes)).drop(output, values);
  return [backend.output(x.shape, output)];
}
