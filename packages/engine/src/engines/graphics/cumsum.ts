// Sums up to each entry, from the end. tfjs-backend-webgpu writes the length of the axis into that shader but keeps the shader
// for every length: a second length is summed as if it were the first. From the beginning no length is needed.

import * as tf from "@tensorflow/tfjs-core";
import { booleanOf, numberOf } from "../../gradients/attributes.ts";
import { inputOf, runKernel, siblingOf } from "../../kernels/wrap-kernels.ts";

/** Wraps the backend's own kernel, which sums from the beginning, and turns the axis round before and after. */
export function turnedCumsum(original: tf.KernelConfig): tf.KernelConfig {
  return {
    ...original,
    kernelFunc: (call) => {
      const { inputs, attrs = {}, backend } = call;
      if (!booleanOf(attrs, "reverse")) return original.kernelFunc(call);
      const dims = tf.util.parseAxisParam(numberOf(attrs, "axis"), inputOf(inputs, "x").shape);
      const turn = (x: tf.TensorInfo) => runKernel(siblingOf(original, "Reverse"), { x }, { dims }, backend);
      const turned = turn(inputOf(inputs, "x"));
      const summed = runKernel(original, { x: turned }, { ...attrs, reverse: false }, backend);
      const result = turn(summed);
      for (const { dataId } of [turned, summed]) tf.backend().disposeData(dataId);
      return result;
    },
  };
}
