// Repeats of a tensor of five or more axes. tfjs-backend-webgpu reads such a tensor back and repeats it on the CPU, which stalls the GPU in a
// page and is impossible in Node. Each axis is repeated by itself, as the second axis of a matrix.

import * as tf from "@tensorflow/tfjs-core";
import { numbersOf } from "../../../gradients/attributes.ts";
import { inputOf, runKernel } from "../../../kernels/wrap-kernels.ts";
import { sizeOf } from "../../../rows.ts";

/** Wraps the backend's own kernel, which has a shader for up to four axes. */
export function tileByAxis(original: tf.KernelConfig): tf.KernelConfig {
  return {
    ...original,
    kernelFunc: (call) => {
      const { inputs, attrs = {}, backend } = call;
      const x = inputOf(inputs, "x");
      const counts = numbersOf(attrs, "reps");
      const axes = [...counts.keys()].filter((axis) => counts[axis] !== 1);
      if (x.shape.length < 5 || x.dtype === "string" || axes.length === 0) return original.kernelFunc(call);
      return axes.reduce<tf.TensorInfo>((soFar, axis) => {
        const { shape, dataId, dtype } = soFar;
        const matrix = { dataId, dtype, shape: [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))] };
        const tiled = runKernel(original, { x: matrix }, { reps: [1, counts[axis] ?? 1] }, backend);
        if (soFar !== x) tf.backend().disposeData(soFar.dataId);
        return { ...tiled, shape: shape.map((size, at) => (at === axis ? size * (counts[axis] ?? 1) : size)) };
      }, x);
    },
  };
}
