// An operation may have a kernel of its own on the current backend, which computes it whole; every other backend runs the
// plain twin beside it. Nothing outside this package knows which of the two ran.

import * as tf from "@tensorflow/tfjs-core";

/** Names of the kernels that a backend may bring. */
export type OwnKernel =
  | "LowrankLayerNorm"
  | "LowrankLayerNormGradient"
  | "LowrankRmsNorm"
  | "LowrankRmsNormGradient"
  | "LowrankGeluTanh"
  | "LowrankGeluTanhGradient"
  | "LowrankGeluErf"
  | "LowrankGeluErfGradient"
  | "LowrankSilu"
  | "LowrankSiluGradient"
  | "LowrankSwiglu"
  | "LowrankSwigluGradient"
  | "LowrankAttention"
  | "LowrankAttentionGradient"
  | "LowrankRotary"
  | "LowrankAddLowRank"
  | "LowrankHeadLoss";

/** The kernel's outputs, or undefined if the current backend has no such kernel or an input is not float32 (or empty). */
export function runOwnKernel(
  name: OwnKernel,
  inputs: tf.NamedTensorMap,
  attributes: tf.NamedAttrMap = {},
): readonly tf.Tensor[] | undefined {
  if (tf.getKernel(name, tf.getBackend()) == null) return undefined;
  for (const input of Object.values(inputs)) {
    if (input.size === 0 || (input.dtype !== "float32" && input.dtype !== "int32")) return undefined;
  }
  return tf.engine().runKernel(name, inputs, attributes) as unknown as readonly tf.Tensor[];
}

/** The only output of a kernel that has one. */
export function runOwnKernelForOne(
  name: OwnKernel,
  inputs: tf.NamedTensorMap,
  attributes: tf.NamedAttrMap = {},
): tf.Tensor | undefined {
  const outputs: unknown = runOwnKernel(name, inputs, attributes);
  return Array.isArray(outputs) ? outputs[0] : (outputs as tf.Tensor | undefined);
}
