// Values of many tensors, one transfer at most.

import { currentBackend, lentValues } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Calls `visit` with the values of each float tensor and its number. The array may be the tensor's own memory: copy from
 * it, and do not keep it. On a graphics card the tensors are joined first: one transfer instead of hundreds.
 */
export async function readEach(
  tensors: readonly tf.Tensor[],
  visit: (values: Float32Array, index: number) => void,
): Promise<void> {
  if (tensors.length === 0) return;
  if (currentBackend()?.memory === "process") {
    for (const [index, tensor] of tensors.entries())
      visit(lentValues(tensor) ?? (await tensor.data<"float32">()), index);
    return;
  }
  const joined = tf.tidy(() => tf.concat1d(tensors.map((tensor) => tf.reshape<tf.Rank.R1>(tensor, [tensor.size]))));
  const values = await joined.data<"float32">();
  joined.dispose();
  let start = 0;
  for (const [index, { size }] of tensors.entries()) {
    visit(values.subarray(start, start + size), index);
    start += size;
  }
}
