// An operation may have its own kernel on the current backend, which computes it in one pass. On all other backends it consists of
// plain operations. Nothing outside this package knows which of the two ran.

import * as tf from "@tensorflow/tfjs-core";
import { requireAlive } from "./require-alive.ts";

/** Operations whose gradient has a kernel, too. */
type Differentiated =
  | Norm
  | Activation
  | "Attention"
  | "GroupAttention"
  | "AddLowRank"
  | "AdaptedLinear"
  | "Int8FeedForward";
type Norm = "LayerNorm" | "RmsNorm";
type Activation = "GeluTanh" | "GeluErf" | "Silu" | "Swiglu";
type Product = "Linear" | "BlockProduct" | "Int8Product" | "RoundedBlocks" | "DroppedLowRankGradient";

/** Names of the kernels that a backend may bring. */
export type CustomKernel =
  | `Lowrank${Differentiated}${"" | "Gradient"}`
  | `Lowrank${Product | "AttendNext" | "Rotary" | "TokenRotary" | "HeadLoss" | "Dropout"}`
  | PackedKernel;

/** Kernels of a backend that stores packed matrices in its own memory (`currentPackedWeights`). */
export type PackedKernel = `LowrankPacked${"Product" | "Rows"}`;

/** Whether the current backend has the kernel, and each input is of the type it takes and not empty. Throws DISPOSED. */
export function hasCustomKernel(name: CustomKernel, inputs: tf.NamedTensorMap): boolean {
  requireAlive(inputs);
  if (tf.getKernel(name, tf.getBackend()) == null) return false;
  for (const input in inputs) {
    const tensor = inputs[input];
    if (tensor === undefined || tensor.size === 0) return false;
    if (tensor.dtype !== (input === "labels" || input === "ids" ? "int32" : "float32")) return false;
  }
  return true;
}

/** The kernel's outputs; undefined if `hasCustomKernel` is false. */
export function runCustomKernel(
  name: CustomKernel,
  inputs: tf.NamedTensorMap,
  attributes: tf.NamedAttrMap = {},
): readonly tf.Tensor[] | undefined {
  if (!hasCustomKernel(name, inputs)) return undefined;
  return tf.engine().runKernel(name, inputs, attributes) as unknown as readonly tf.Tensor[];
}

/** The only output of a kernel that has one. */
export function runSingleOutputKernel(
  name: CustomKernel,
  inputs: tf.NamedTensorMap,
  attributes: tf.NamedAttrMap = {},
): tf.Tensor | undefined {
  const outputs: unknown = runCustomKernel(name, inputs, attributes);
  return Array.isArray(outputs) ? outputs[0] : (outputs as tf.Tensor | undefined);
}
