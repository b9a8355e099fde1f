// Kernels that update many variables at once, on a backend that has them (webgpu). Gradients and moments then stay in the GPU's
// memory: reading them would take longer than a small model's whole step.

import * as tf from "@tensorflow/tfjs-core";

export type FlatKernel = "LowrankAdamW" | "LowrankJoinFlat" | "LowrankSplitFlat";

/** Tensors of one update by AdamW. Those that are overwritten are never used elsewhere. */
interface AdamWTensors {
  /** Sums of gradients [size], one variable after the other, 0 for variables without one. */
  readonly gradients: tf.Tensor;
  /** The sum of losses, a scalar. */
  readonly loss: tf.Tensor;
  /**
   * int32 [variables, 4]: the start, 1 if the variable has a gradient (else 0), and the bits of two floats: the factor of the learning
   * rate, and the weight decay.
   */
  readonly table: tf.Tensor;
  /** [size], overwritten. If loss or norm is not finite, only `status` is overwritten. */
  readonly values: tf.Tensor;
  /** First moment [size], overwritten. */
  readonly first: tf.Tensor;
  /** Second moment [size], overwritten. */
  readonly second: tf.Tensor;
  /** Updates of each variable, int32 [variables], overwritten. */
  readonly counts: tf.Tensor;
  /** [4], overwritten: mean loss, global norm before clipping, and two numbers of the kernel. */
  readonly status: tf.Tensor;
}

/** Numbers of one update by AdamW. */
interface AdamWNumbers {
  readonly learningRate: number;
  readonly betas: readonly [first: number, second: number];
  readonly epsilon: number;
  /** Gradients are clipped to this global norm. */
  readonly clipNorm: number;
  /** Multiplies loss and gradients before anything else. */
  readonly scale: number;
}

/**
 * Joins tensors into one [size], each at its offset and 0 elsewhere; splits one into new tensors of the shapes of others; and makes
 * one step of AdamW (Loshchilov & Hutter 2019) as torch does, in three dispatches. Undefined if the current backend has no kernels.
 */
export function flatKernels(): FlatKernels | undefined {
  return tf.getKernel("LowrankAdamW" satisfies FlatKernel, tf.getBackend()) == null ? undefined : kernels;
}

const kernels = {
  join: (tensors: readonly tf.Tensor[], starts: readonly number[], size: number) =>
    run("LowrankJoinFlat", byIndex(tensors), { starts: [...starts], size })[0] as tf.Tensor,
  split: (flat: tf.Tensor, like: readonly tf.Tensor[], starts: readonly number[]) =>
    run("LowrankSplitFlat", { ...byIndex(like), flat }, { starts: [...starts] }),
  adamW(tensors: AdamWTensors, { betas: [beta1, beta2], ...numbers }: AdamWNumbers): void {
    run("LowrankAdamW", { ...tensors }, { ...numbers, beta1, beta2 });
  },
} as const;

/** The type of `flatKernels`. */
export type FlatKernels = typeof kernels;

function byIndex(tensors: readonly tf.Tensor[]): tf.NamedTensorMap {
  return Object.fromEntries(tensors.entries());
}

function run(name: FlatKernel, inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap): readonly tf.Tensor[] {
  return tf.engine().runKernel(name, inputs, attributes) as unknown as readonly tf.Tensor[];
}
