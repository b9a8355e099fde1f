// Kernels around a backend's own: they take the cases that it gets wrong, and leave the rest to it.

import * as tf from "@tensorflow/tfjs-core";

/** Replaces a kernel by another one, which may call it. */
export type Wrap = (original: tf.KernelConfig) => tf.KernelConfig;

const wrapped = new WeakSet<tf.KernelConfig>();

/** Puts a kernel around each that the table names and the backend has; doing it twice does nothing more. */
export function wrapKernels(backendName: string, table: Readonly<Record<string, Wrap>>): void {
  for (const [kernelName, wrap] of Object.entries(table)) {
    const original = tf.getKernel(kernelName, backendName);
    if (original == null || wrapped.has(original)) continue;
    const replacement = wrap(original);
    wrapped.add(replacement);
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel(replacement);
  }
}

/** Runs a kernel with one output. */
export function runKernel(
  kernel: tf.KernelConfig,
  inputs: tf.NamedTensorInfoMap,
  attributes: tf.NamedAttrMap,
  backend: object,
): tf.TensorInfo {
  const output = kernel.kernelFunc({ inputs, attrs: attributes, backend });
  const single = Array.isArray(output) ? output[0] : output;
  if (single === undefined) throw new Error(`The kernel ${kernel.kernelName} gave no output.`);
  return single;
}

/** Another kernel of the backend for which `original` was written. */
export function siblingOf(original: tf.KernelConfig, kernelName: string): tf.KernelConfig {
  const sibling = tf.getKernel(kernelName, original.backendName);
  if (sibling == null) throw new Error(`The backend ${original.backendName} has no kernel ${kernelName}.`);
  return sibling;
}

/** An input that must be there. */
export function inputOf(inputs: tf.NamedTensorInfoMap, name: string): tf.TensorInfo {
  const input = inputs[name];
  if (input === undefined) throw new Error(`A kernel got no input "${name}".`);
  return input;
}
