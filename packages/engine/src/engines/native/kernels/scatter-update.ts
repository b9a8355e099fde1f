// A copy of a tensor with some of its slices replaced. tfjs-backend-cpu writes into the tensor it was given, and hands its
// array out on the way, which could then never be recycled.

import * as tf from "@tensorflow/tfjs-core";
import { areFloats, inputOf, type KernelCall } from "./native-kernel.ts";

/** tensor [...], indices [..., axes] of the slices, updates: one slice for each; of two for one place the last counts. */
export function scatterUpdate(call: KernelCall): tf.TensorInfo | undefined {
  const { backend } = call;
  const [tensor, indices, updates] = [inputOf(call, "tensor"), inputOf(call, "indices"), inputOf(call, "updates")];
  if (!areFloats(tensor, updates) || indices.dtype !== "int32" || updates.shape.length === 0) return undefined;
  const { sliceRank, numUpdates, sliceSize, strides } = tf.backend_util.calculateShapes(
    updates as tf.Tensor,
    indices as tf.Tensor,
    tensor.shape,
  );
  const [ids, source] = [backend.integers(indices), backend.floats(updates)];
  const starts = Array.from({ length: numUpdates }, (_, update) => {
    let start = 0;
    for (let axis = 0; axis < sliceRank; axis++) start += (ids[update * sliceRank + axis] ?? -1) * (strides[axis] ?? 0);
    return start * sliceSize;
  });
  const { length } = backend.floats(tensor);
  if (starts.some((start) => start < 0 || start + sliceSize > length)) return undefined; // it has the error for that
  const values = backend.pool.take(length);
  values.set(backend.floats(tensor));
  for (const [update, start] of starts.entries())
    values.set(source.subarray(update * sliceSize, (update + 1) * sliceSize), start);
  return backend.output(tensor.shape, values);
}
