// Look-ups in empty tensors. For these, tfjs-backend-wasm returns a tensor of the wrong shape.

import * as tf from "@tensorflow/tfjs-core";
import { numberOf } from "../../../gradients/attributes.ts";
import { inputOf, runKernel } from "../../../kernels/wrap-kernels.ts";
import { viewed, wasmKernel } from "../wasm-backend.ts";

/** Wraps the backend's own kernel, whose output has a wrong shape for empty tensors. */
export function gatherOfNothing(original: tf.KernelConfig): tf.KernelConfig {
  const shaped = wasmKernel("GatherV2", (inputs, attributes, backend) => {
    const output = runKernel(original, inputs, attributes, backend);
    const [x, indices] = [inputOf(inputs, "x"), inputOf(inputs, "indices")];
    if (!x.shape.includes(0)) return output;
    const [axis = 0] = tf.util.parseAxisParam(numberOf(attributes, "axis"), x.shape);
    const { collectGatherOpShapeInfo } = tf.backend_util.segment_util;
    const batchDims = numberOf({ batchDims: 0, ...attributes }, "batchDims");
    return viewed(output, collectGatherOpShapeInfo(x, indices, axis, batchDims).outputShape);
  });
  return { ...original, kernelFunc: shaped.kernelFunc };
}
