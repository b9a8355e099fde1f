// Reads a tensor without handing its memory out. A caller may keep an array that `dataSync` returned, so that memory can
// never be reused for another tensor. A training step reads hundreds of gradients only to copy them.

import * as tf from "@tensorflow/tfjs-core";

interface LendingBackend {
  floats(tensor: tf.TensorInfo): Float32Array;
}

/**
 * A float32 tensor's values in the backend's own memory; undefined if the backend does not share it. Read them at once: after this
 * tensor is disposed of, the memory belongs to another one.
 */
export function borrowedValues(tensor: tf.Tensor): Float32Array | undefined {
  const backend: object = tf.backend();
  if (tensor.dtype !== "float32" || !canLend(backend)) return undefined;
  return backend.floats(tensor);
}

function canLend(backend: object): backend is LendingBackend {
  return "floats" in backend && typeof backend.floats === "function";
}
