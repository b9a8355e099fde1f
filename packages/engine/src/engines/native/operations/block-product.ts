// x·Mᵀ for a matrix M of codes in blocks. x is rounded to 8 bits for each block of a row, and multiplied with the codes as
// integers. A block's minimum adds itself times the sum of x over the block, which is not rounded.

import type * as tf from "@tensorflow/tfjs-core";
import { inputOf, type KernelCall } from "../kernels/native-kernel.ts";

/** x [..., columns of M] → [..., rows of M], or the same cut into parts of the given `widths`. */
export function blockProduct(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const input = inputOf(call, "x");
  const x = backend.floats(input);
  const columns = input.shape.at(-1) ?? 1;
  const rows = x.length / columns;
  const { session, outFeatures } = backend.blocks.find(String(attributes.key));
  const values = backend.pool.take(rows * outFeatures);
  backend.run(session, [{ values: x, shape: [rows, columns] }], [{ values, shape: [rows, outFeatures] }]);
  // The operation rounds NaN to a number.
  for (let row = 0; row < rows; row++)
    if (!isAllFinite(x, row * columns, columns)) values.fill(Number.NaN, row * outFeatures, (row + 1) * outFeatures);
  const leading = input.shape.slice(0, -1);
  const { widths } = attributes;
  if (!Array.isArray(widths)) return [backend.output([...leading, outFeatures], values)];
  const parts = widths.map(Number).map((width, index, all) => {
    const first = all.slice(0, index).reduce((sum, other) => sum + other, 0);
    const part = backend.pool.take(rows * width);
    for (let row = 0; row < rows; row++) {
      const start = row * outFeatures + first;
      part.set(values.subarray(start, start + width), row * width);
    }
    return backend.output([...leading, width], part);
  });
  backend.pool.give(values);
  return parts;
}

/** In 64 bits no sum of finite numbers of 32 bits is infinite. */
function isAllFinite(values: Float32Array, first: number, count: number): boolean {
  let sum = 0;
  for (let index = first; index < first + count; index++) sum += values[index] ?? 0;
  return Number.isFinite(sum);
}
