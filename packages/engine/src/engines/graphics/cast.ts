// float32 made of integers and truth values. tfjs-backend-webgpu only labels them anew; the buffer still holds integers, and a
// shader that hands its input on as it is (Transpose, and so every reduction along an axis but the last) is refused, because
// its output then has another type than its input.

import * as tf from "@tensorflow/tfjs-core";
import { inputOf, runKernel, siblingOf } from "../../kernels/wrap-kernels.ts";

/** Wraps the backend's own kernel, which makes integers of float32. */
export function convertingCast(original: tf.KernelConfig): tf.KernelConfig {
  return {
    ...original,
    kernelFunc: (call) => {
      const { dataId, shape, dtype } = inputOf(call.inputs, "x");
      const isLabelled = call.attrs?.dtype === "float32" && (dtype === "int32" || dtype === "bool");
      if (!isLabelled) return original.kernelFunc(call);
      const one = tf.scalar(1);
      // A product reads each factor by the type of its buffer and writes float32.
      const a: tf.TensorInfo = { dataId, shape, dtype: "float32" };
      const converted = runKernel(siblingOf(original, "Multiply"), { a, b: one }, {}, call.backend);
      one.dispose();
      return converted;
    },
  };
}
