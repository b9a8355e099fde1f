// Sums of many tensors. tfjs-backend-webgpu binds them all to one shader, which may have eight buffers, one of them the
// output's; with more the shader is refused. A loss that is computed in more than seven chunks is such a sum.

import * as tf from "@tensorflow/tfjs-core";
import { runKernel, siblingOf } from "../../../kernels/wrap-kernels.ts";

const maxTerms = 7;

/** Wraps the backend's own kernel, which adds up to seven tensors; more are added one after the other. */
export function addByParts(original: tf.KernelConfig): tf.KernelConfig {
  return {
    ...original,
    kernelFunc: (call) => {
      const terms = Object.values(call.inputs).filter((term) => term !== undefined);
      const [first, second, ...others] = terms;
      if (terms.length <= maxTerms || first === undefined || second === undefined) return original.kernelFunc(call);
      const add = (a: tf.TensorInfo, b: tf.TensorInfo) =>
        runKernel(siblingOf(original, "Add"), { a, b }, {}, call.backend);
      return others.reduce(
        (sum, term) => {
          const next = add(sum, term);
          tf.backend().disposeData(sum.dataId);
          return next;
        },
        add(first, second),
      );
    },
  };
}
