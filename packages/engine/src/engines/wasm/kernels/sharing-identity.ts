// A second handle on the same values, as every other backend makes it. tfjs-backend-wasm copies them, and since saving a
// tensor for the backward pass is an identity, it keeps and copies every activation twice.

import type * as tf from "@tensorflow/tfjs-core";
import { inputOf, runKernel } from "../../../kernels/wrap-kernels.ts";
import { viewed, wasmKernel } from "../wasm-backend.ts";

/** Wraps the backend's own kernel, which still copies strings. */
export function sharingIdentity(original: tf.KernelConfig): tf.KernelConfig {
  const sharing = wasmKernel("Identity", (inputs, attributes, backend) => {
    const x = inputOf(inputs, "x");
    if (x.dtype === "string") return runKernel(original, inputs, attributes, backend);
    backend.incRef(x.dataId);
    return viewed(x, x.shape);
  });
  return { ...original, kernelFunc: sharing.kernelFunc };
}
