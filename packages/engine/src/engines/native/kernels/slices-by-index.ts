// Gathers and scatters slices by indices of several axes, and repeats whole tensors. Contiguous runs are copied at once;
// tfjs-backend-cpu computes the index of every entry.

import * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../../../rows.ts";
import { areFloats, inputOf, type KernelCall } from "./native-kernel.ts";

/** params [...], indices [..., axes]: one slice of params for each index. */
export function gatherNd(call: KernelCall): tf.TensorInfo | undefined {
  const { backend } = call;
  const [params, indices] = [inputOf(call, "params"), inputOf(call, "indices")];
  const axes = indices.shape.at(-1) ?? 0;
  if (!areFloats(params) || indices.dtype !== "int32" || axes === 0 || axes > params.shape.length) return undefined;
  const slice = params.shape.slice(axes);
  const starts = startsOf(backend.integers(indices), params.shape.slice(0, axes), sizeOf(slice));
  if (starts === undefined || starts.length === 0) return undefined; // it has the error for that
  const source = backend.floats(params);
  const values = backend.pool.take(starts.length * sizeOf(slice));
  for (const [position, start] of starts.entries())
    values.set(source.subarray(start, start + sizeOf(slice)), position * sizeOf(slice));
  return backend.output([...indices.shape.slice(0, -1), ...slice], values);
}

/** indices [..., axes] and a slice for each: zeros of the attribute's shape, to which the slices are added. */
export function scatterNd(call: KernelCall): tf.TensorInfo | undefined {
  const { backend, attributes } = call;
  const [indices, updates] = [inputOf(call, "indices"), inputOf(call, "updates")];
  const { shape } = attributes;
  if (!Array.isArray(shape) || !areFloats(updates) || indices.dtype !== "int32" || updates.shape.length === 0)
    return undefined;
  const sizes = shape.map(Number);
  tf.scatter_util.validateInput(updates as tf.Tensor, indices as tf.Tensor, sizes);
  const { sliceRank, sliceSize } = tf.scatter_util.calculateShapes(updates as tf.Tensor, indices as tf.Tensor, sizes);
  const starts = startsOf(backend.integers(indices), sizes.slice(0, sliceRank), sliceSize);
  if (starts === undefined || sizeOf(sizes) === 0) return undefined; // it has the error for that
  const source = backend.floats(updates);
  const values = backend.pool.take(sizeOf(sizes)).fill(0);
  for (const [position, start] of starts.entries())
    for (let entry = 0; entry < sliceSize; entry++)
      values[start + entry] = (values[start + entry] ?? 0) + (source[position * sliceSize + entry] ?? 0);
  return backend.output(sizes, values);
}

/** Repeats each axis `reps` times. */
export function tile(call: KernelCall): tf.TensorInfo | undefined {
  const { backend, attributes } = call;
  const x = inputOf(call, "x");
  const { reps } = attributes;
  if (!areFloats(x) || !Array.isArray(reps) || reps.length !== x.shape.length) return undefined;
  const copies = reps.map(Number);
  const shape = x.shape.map((size, axis) => size * (copies[axis] ?? 1));
  if (sizeOf(shape) === 0) return undefined;
  const values = backend.pool.take(sizeOf(shape));
  values.set(backend.floats(x));
  let inner = 1; // entries of one block behind the axis, repeated already
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const block = inner * (x.shape[axis] ?? 1);
    const count = copies[axis] ?? 1;
    const blocks = sizeOf(x.shape.slice(0, axis));
    // From the last block on, so that no block is overwritten before it is read.
    for (let position = blocks - 1; count > 1 && position >= 0; position--) {
      for (let copy = count - 1; copy >= 0; copy--)
        values.copyWithin((position * count + copy) * block, position * block, (position + 1) * block);
    }
    inner = block * count;
  }
  return backend.output(shape, values);
}

/** The offset of each slice; undefined if one is out of range. */
export function startsOf(
  ids: ArrayLike<number>,
  sizes: readonly number[],
  sliceSize: number,
): readonly number[] | undefined {
  const axes = sizes.length;
  const starts: number[] = [];
  for (let index = 0; index < ids.length; index += axes) {
    let start = 0;
    for (let axis = 0; axis < axes; axis++) {
      const [id, size] = [ids[index + axis] ?? -1, sizes[axis] ?? 0];
      if (id < 0 || id >= size) return undefined;
      start = start * size + id;
    }
    starts.push(start * sliceSize);
  }
  return starts;
}
