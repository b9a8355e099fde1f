// Cumulative sums from the end. tfjs-backend-webgpu writes the length of the axis into that shader but reuses the shader for every
// length, so a second length is summed like the first. Sums from the beginning do not need the length.

import * as tf from "@tensorflow/tfjs-core";
import { booleanOf, numberOf } from "../../../gradients/attributes.ts";
import { inputOf, runKernel, siblingOf } from "../../../kernels/wrap-kernels.ts";

/** Wraps the backend's own kernel, which sums from the first entry, and reverses the axis before and after. */
export function reversedCumsum(original: tf.KernelConfig): tf.KernelConfig {
  return {
    ...original,
    kernelFunc: (call) => {
      const { inputs, attrs = {}, backend } = call;
      if (!booleanOf(attrs, "reverse")) return original.kernelFunc(call);
      const dims = tf.util.parseAxisParam(numberOf(attrs, "axis"), inputOf(inputs, "x").shape);
      const reverseOf = (x: tf.TensorInfo) => runKernel(siblingOf(original, "Reverse"), { x }, { dims }, backend);
      const reversed = reverseOf(inputOf(inputs, "x"));
      const summed = runKernel(original, { x: reversed }, { ...attrs, reverse: false }, backend);
      const result = reverseOf(summed);
      for (const { dataId } of [reversed, summed]) tf.backend().disposeData(dataId);
      return result;
    },
  };
}
