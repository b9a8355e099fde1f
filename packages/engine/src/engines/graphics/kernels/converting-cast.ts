// Casts integers and booleans to float32. tfjs-backend-webgpu only changes the type's name; the buffer still contains integers. A
// shader that copies its input unchanged (Transpose, and so every reduction along an axis other than the last) is then refused,
// because its output has another type than its input.

import * as tf from "@tensorflow/tfjs-core";
import { inputOf, runKernel, siblingOf } from "../../../kernels/wrap-kernels.ts";

/** Wraps the backend's own kernel, which makes integers of float32. */
export function convertingCast(original: tf.KernelConfig): tf.KernelConfig {
  return {
    ...original,
    kernelFunc: (call) => {
      const { dataId, shape, dtype } = inputOf(call.inputs, "x");
      const isOnlyRenamed = call.attrs?.dtype === "float32" && (dtype === "int32" || dtype === "bool");
      if (!isOnlyRenamed) return original.kernelFunc(call);
      const one = tf.scalar(1);
      // A product reads each factor by the type of its buffer and writes float32.
      const a: tf.TensorInfo = { dataId, shape, dtype: "float32" };
      const converted = runKernel(siblingOf(original, "Multiply"), { a, b: one }, {}, call.backend);
      one.dispose();
      return converted;
    },
  };
}
