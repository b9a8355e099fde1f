// Attention by the backend's own kernels, for a batch or by groups: they keep nothing of size [heads, time, time] for the
// gradient, which computes the weights again.

import type * as tf from "@tensorflow/tfjs-core";
import { runOwnKernel } from "../../kernels/own-kernel.ts";
import { withGradients } from "../../tape/with-gradients.ts";

/** Runs a kernel, and its gradient's under the same attributes; masks go to both under their names. */
export function ownAttention(
  kernel: "LowrankAttention" | "LowrankGroupAttention",
  { query, key, value }: Readonly<Record<"query" | "key" | "value", tf.Tensor>>,
  masks: tf.NamedTensorMap,
  attributes: tf.NamedAttrMap,
): tf.Tensor {
  const names = ["query", "key", "value", ...Object.keys(masks)];
  return withGradients<readonly tf.Tensor[]>({
    inputs: { query, key, value },
    forward: () => ({
      value: one(runOwnKernel(kernel, { query, key, value, ...masks }, attributes), 0),
      saved: [query, key, value, ...Object.values(masks)],
    }),
    backward: (dy, saved) => {
      const tensors = Object.fromEntries(saved.map((tensor, index) => [names[index], tensor]));
      const gradients = runOwnKernel(`${kernel}Gradient`, { dy, ...tensors }, attributes);
      return { query: () => one(gradients, 0), key: () => one(gradients, 1), value: () => one(gradients, 2) };
    },
  });
}

function one(outputs: readonly tf.Tensor[] | undefined, index: number): tf.Tensor {
  const output = outputs?.[index];
  if (output === undefined) throw new Error("The attention kernel gave too few tensors.");
  return output;
}
