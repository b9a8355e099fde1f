// Values of many tensors at once.

import * as tf from "@tensorflow/tfjs-core";

/** Backends that keep values in this process' memory, where reading each tensor costs a copy at most. */
const hostBackends = new Set(["cpu", "wasm", "tensorflow"]);

/**
 * Reads float tensors. On a graphics card they are joined first: one transfer instead of hundreds. The arrays are the
 * caller's.
 */
export async function readTensors(tensors: readonly tf.Tensor[]): Promise<Float32Array[]> {
  if (tensors.length === 0) return [];
  if (hostBackends.has(tf.getBackend())) {
    // A copy: the cpu backend hands out its own memory.
    return Promise.all(tensors.map(async (tensor) => (await tensor.data<"float32">()).slice()));
  }
  const joined = tf.tidy(() => tf.concat1d(tensors.map((tensor) => tf.reshape(tensor, [tensor.size]) as tf.Tensor1D)));
  const values = await joined.data<"float32">();
  joined.dispose();
  let start = 0;
  return tensors.map((tensor) => {
    const end = start + tensor.size;
    const part = values.slice(start, end);
    start = end;
    return part;
  });
}
