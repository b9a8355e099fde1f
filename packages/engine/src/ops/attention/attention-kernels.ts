// Attention by the backend's own kernels, for a batch or by groups: they keep nothing of size [heads, time, time] for the
// gradient, which computes the weights again.

import type * as tf from "@tensorflow/tfjs-core";
import { runCustomKernel } from "../../kernels/custom-kernel.ts";
import { withGradients } from "../../tape/with-gradients.ts";

/**
 * Runs a kernel, with the same attributes for its gradient. Masks are inputs of both, under their names. Further outputs of the
 * kernel become the gradient's inputs `kept0`, `kept1` …, next to the first output.
 */
export function runAttentionKernel(
  kernel: "LowrankAttention" | "LowrankGroupAttention",
  { query, key, value }: Readonly<Record<"query" | "key" | "value", tf.Tensor>>,
  masks: tf.NamedTensorMap,
  attributes: tf.NamedAttrMap,
): tf.Tensor {
  return withGradients<readonly tf.Tensor[]>({
    inputs: { query, key, value },
    forward: () => {
      const outputs = runCustomKernel(kernel, { query, key, value, ...masks }, attributes);
      const output = one(outputs, 0);
      const extra = outputs?.slice(1) ?? [];
      const saved = [query, key, value, ...Object.values(masks), ...(extra.length === 0 ? [] : [output, ...extra])];
      return { value: output, saved };
    },
    backward: (dy, saved) => {
      const names = ["query", "key", "value", ...Object.keys(masks), "output"];
      const nameOf = (index: number) => names[index] ?? `kept${index - names.length}`;
      const tensors = Object.fromEntries(saved.map((tensor, index) => [nameOf(index), tensor]));
      const gradients = runCustomKernel(`${kernel}Gradient`, { dy, ...tensors }, attributes);
      return { query: () => one(gradients, 0), key: () => one(gradients, 1), value: () => one(gradients, 2) };
    },
  });
}

function one(outputs: readonly tf.Tensor[] | undefined, index: number): tf.Tensor {
  const output = outputs?.[index];
  if (output === undefined) throw new Error("The attention kernel gave too few tensors.");
  return output;
}
