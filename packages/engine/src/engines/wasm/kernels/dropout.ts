// Dropout in one pass over its tensor, on the backend's own memory.

import type * as tf from "@tensorflow/tfjs-core";
import { drawIn } from "../../../kernels/drop-entries.ts";
import { inputOf, runKernel, siblingOf } from "../../../kernels/wrap-kernels.ts";
import { dropoutMask } from "../../../random/masks/dropout-mask.ts";
import { floatsOf, wasmKernel } from "../wasm-backend.ts";

/** x of any shape → its entries times their factors, plus a term of as many entries. */
export const dropout: tf.KernelConfig = wasmKernel("LowrankDropout", (inputs, attributes, backend) => {
  const x = inputOf(inputs, "x");
  const output = backend.makeOutput([...x.shape], "float32");
  const mask = dropoutMask(drawIn(attributes));
  mask.drop(floatsOf(backend, output), floatsOf(backend, x));
  const { term } = inputs;
  if (term === undefined) return output;
  const sum = runKernel(siblingOf(dropout, "Add"), { a: output, b: term }, {}, backend);
  backend.disposeData(output.dataId);
  return sum;
});
