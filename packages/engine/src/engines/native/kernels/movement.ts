// Kernels that only move values: transposes natively, the others as copies of whole runs. Each makes an array of its own –
// tfjs-backend-cpu's slices are views of their source, which would keep the source from being recycled.

import * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../../../rows.ts";
import type { NativeBackend } from "../native-backend.ts";
import {
  areFloats,
  inputOf,
  inputsOf,
  type KernelCall,
  registerNativeKernel,
  singleOperation,
} from "./native-kernel.ts";
import { gatherNd, scatterNd, startsOf, tile } from "./slices-by-index.ts";

export function registerMovement(): void {
  registerNativeKernel("Transpose", transpose);
  registerNativeKernel("Slice", slice);
  registerNativeKernel("PadV2", pad);
  registerNativeKernel("SplitV", split);
  registerNativeKernel("Concat", concat);
  registerNativeKernel("GatherV2", gatherRows);
  registerNativeKernel("UnsortedSegmentSum", sumSegments);
  registerNativeKernel("TensorScatterUpdate", scatterUpdate);
  registerNativeKernel("GatherNd", gatherNd);
  registerNativeKernel("ScatterNd", scatterNd);
  registerNativeKernel("Tile", tile);
}

function transpose(call: KernelCall): tf.TensorInfo | undefined {
  const { backend, attributes } = call;
  const x = inputOf(call, "x");
  const permutation = attributes.perm;
  if (!areFloats(x) || !isIntegers(permutation) || new Set(permutation).size !== x.shape.length) return undefined;
  const shape = permutation.map((axis) => x.shape[axis] ?? 1);
  const values = backend.pool.take(sizeOf(shape));
  const key = `Transpose ${permutation.join(" ")}`;
  const session = backend.session(key, () => singleOperation("Transpose", ["a"], { perm: permutation }));
  backend.run(session, [{ values: backend.floats(x), shape: x.shape }], [{ values, shape }]);
  return backend.output(shape, values);
}

function slice(call: KernelCall): tf.TensorInfo | undefined {
  const { backend, attributes } = call;
  const x = inputOf(call, "x");
  const { begin, size } = attributes;
  if (!areFloats(x) || x.shape.length === 0 || !isStarts(begin) || !isStarts(size)) return undefined;
  const [starts = [], shape = []] = tf.slice_util.parseSliceParams(x as tf.Tensor, begin, size);
  tf.slice_util.assertParamsValid(x as tf.Tensor, starts, shape);
  if (shape.some((size) => size < 1)) return undefined;
  return backend.output(shape, copyBox(backend, x, starts, shape));
}

/** Copies whole runs: the entries of all axes after the last padded one are contiguous. */
function pad(call: KernelCall): tf.TensorInfo | undefined {
  const { backend, attributes } = call;
  const x = inputOf(call, "x");
  const { paddings, constantValue = 0 } = attributes;
  if (!areFloats(x) || sizeOf(x.shape) === 0 || typeof constantValue !== "number") return undefined;
  if (!isBorders(paddings) || paddings.length !== x.shape.length) return undefined;
  const shape = x.shape.map((size, axis) => size + paddings[axis]![0] + paddings[axis]![1]);
  const behind = paddings.map(([before, after]) => before + after > 0).lastIndexOf(true);
  const run = sizeOf(x.shape.slice(Math.max(behind, 0)));
  const values = backend.pool.take(sizeOf(shape)).fill(constantValue);
  const source = backend.floats(x);
  for (let from = 0; from < source.length; from += run)
    values.set(source.subarray(from, from + run), paddedIndexOf(from, { from: x.shape, to: shape, paddings }));
  return backend.output(shape, values);
}

/** The flat index of an entry after padding was added. */
function paddedIndexOf(
  index: number,
  {
    from,
    to,
    paddings,
  }: { readonly from: readonly number[]; readonly to: readonly number[]; readonly paddings: Borders },
): number {
  let [rest, position, stride] = [index, 0, 1];
  for (let axis = from.length - 1; axis >= 0; axis--) {
    const size = from[axis]!;
    position += ((rest % size) + paddings[axis]![0]) * stride;
    rest = Math.floor(rest / size);
    stride *= to[axis]!;
  }
  return position;
}

type Borders = readonly (readonly [before: number, after: number])[];

function isBorders(value: unknown): value is Borders {
  const isCount = (count: unknown) => Number.isInteger(count) && Number(count) >= 0;
  return Array.isArray(value) && value.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isCount));
}

function split(call: KernelCall): tf.TensorInfo[] | undefined {
  const { backend, attributes } = call;
  const x = inputOf(call, "x");
  const { numOrSizeSplits, axis } = attributes;
  if (!areFloats(x) || !isStarts(numOrSizeSplits) || typeof axis !== "number") return undefined;
  const along = axis < 0 ? axis + x.shape.length : axis;
  const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits, along);
  if (sizes.includes(0)) return undefined;
  let start = 0;
  return sizes.map((size) => {
    const starts = x.shape.map((_, index) => (index === along ? start : 0));
    const shape = x.shape.map((fullSize, index) => (index === along ? size : fullSize));
    start += size;
    return backend.output(shape, copyBox(backend, x, starts, shape));
  });
}

/** The entries of a box within x, in a new array; copied in runs that are contiguous in both. */
function copyBox(
  backend: NativeBackend,
  x: tf.TensorInfo,
  starts: readonly number[],
  shape: readonly number[],
): Float32Array {
  const source = backend.floats(x);
  const target = backend.pool.take(sizeOf(shape));
  let axis = shape.length - 1; // the innermost axis that is not taken whole
  let inner = 1;
  while (axis > 0 && shape[axis] === x.shape[axis]) inner *= shape[axis--] ?? 1;
  const run = (shape[axis] ?? 1) * inner;
  const strides = tf.util.computeStrides(x.shape as number[]).concat(1);
  const outer = shape.slice(0, axis);
  const counter = outer.map(() => 0);
  for (let offset = 0; offset < target.length; offset += run) {
    let from = (starts[axis] ?? 0) * (strides[axis] ?? 1);
    for (let index = 0; index < axis; index++)
      from += ((starts[index] ?? 0) + (counter[index] ?? 0)) * (strides[index] ?? 1);
    target.set(source.subarray(from, from + run), offset);
    advance(counter, outer);
  }
  return target;
}

/** Increments a counter of several digits; the last one changes fastest. */
function advance(counter: number[], limits: readonly number[]): void {
  for (let position = counter.length - 1; position >= 0; position--) {
    counter[position] = (counter[position] ?? 0) + 1;
    if ((counter[position] ?? 0) < (limits[position] ?? 1)) return;
    counter[position] = 0;
  }
}

function concat(call: KernelCall): tf.TensorInfo | undefined {
  const { backend, attributes } = call;
  const parts = inputsOf(call);
  const [first] = parts;
  if (first === undefined || parts.length < 2 || typeof attributes.axis !== "number" || !areFloats(...parts))
    return undefined;
  const [axis = 0] = tf.util.parseAxisParam(attributes.axis, first.shape);
  const shapes = parts.map((part) => part.shape);
  tf.backend_util.assertParamsConsistent(shapes, axis);
  const shape = tf.backend_util.computeOutShape(shapes, axis);
  const values = backend.pool.take(sizeOf(shape));
  const rowLength = sizeOf(shape.slice(axis));
  const rows = values.length / rowLength;
  let column = 0;
  for (const part of parts) {
    const source = backend.floats(part);
    const run = source.length / rows;
    for (let row = 0; row < rows; row++)
      values.set(source.subarray(row * run, (row + 1) * run), row * rowLength + column);
    column += run;
  }
  return backend.output(shape, values);
}

function gatherRows(call: KernelCall): tf.TensorInfo | undefined {
  const { backend, attributes } = call;
  const [x, indices] = [inputOf(call, "x"), inputOf(call, "indices")];
  const isFirstAxis = attributes.axis === 0 || attributes.axis === -x.shape.length;
  if (!areFloats(x) || attributes.batchDims || !isFirstAxis || sizeOf(indices.shape) === 0) return undefined;
  const [rows = 0, ...rest] = x.shape;
  const width = sizeOf(rest);
  const source = backend.floats(x);
  const ids = backend.integers(indices);
  const values = backend.pool.take(ids.length * width);
  for (let index = 0; index < ids.length; index++) {
    const row = ids[index] ?? -1;
    if (!(row >= 0 && row < rows)) throw new Error(`GatherV2: the index value ${row} is not in [0, ${rows - 1}]`);
    values.set(source.subarray(row * width, (row + 1) * width), index * width);
  }
  return backend.output([...indices.shape, ...rest], values);
}

/** The gradient of a gather: rows with the same id are added up; negative ids are ignored. */
function sumSegments(call: KernelCall): tf.TensorInfo | undefined {
  const { backend, attributes } = call;
  const [x, segmentIds] = [inputOf(call, "x"), inputOf(call, "segmentIds")];
  if (!areFloats(x) || segmentIds.shape.length !== 1 || segmentIds.shape[0] !== x.shape[0]) return undefined;
  const segments = Number(attributes.numSegments);
  const [, ...rest] = x.shape;
  const width = sizeOf(rest);
  const source = backend.floats(x);
  const ids = backend.integers(segmentIds);
  const values = backend.pool.take(segments * width).fill(0);
  const hasValues = new Uint8Array(segments);
  for (let index = 0; index < ids.length; index++) {
    const segment = ids[index] ?? -1;
    if (segment < 0 || segment >= segments) continue;
    if (hasValues[segment] === 0) {
      values.set(source.subarray(index * width, (index + 1) * width), segment * width); // most rows have an id of their own
      hasValues[segment] = 1;
      continue;
    }
    for (let column = 0; column < width; column++) {
      const position = segment * width + column;
      values[position] = (values[position] ?? 0) + (source[index * width + column] ?? 0);
    }
  }
  return backend.output([segments, ...rest], values);
}

function isStarts(value: unknown): value is number | number[] {
  return typeof value === "number" || isIntegers(value);
}

function isIntegers(value: unknown): value is number[] {
  return Array.isArray(value);
}

// A copy of a tensor with some of its slices replaced. tfjs-backend-cpu writes into the tensor it was given, and hands its
// array out on the way, which could then never be recycled.

/** tensor [...], indices [..., axes] of the slices, updates: one slice for each index. The last one wins. */
function scatterUpdate(call: KernelCall): tf.TensorInfo | undefined {
  const { backend } = call;
  const [tensor, indices, updates] = [inputOf(call, "tensor"), inputOf(call, "indices"), inputOf(call, "updates")];
  if (!areFloats(tensor, updates) || indices.dtype !== "int32" || updates.shape.length === 0) return undefined;
  const { shape } = tensor;
  const { sliceRank, sliceSize } = tf.backend_util.calculateShapes(updates as tf.Tensor, indices as tf.Tensor, shape);
  const starts = startsOf(backend.integers(indices), shape.slice(0, sliceRank), sliceSize);
  if (starts === undefined) return undefined; // it has the error for that
  const source = backend.floats(updates);
  const values = backend.pool.take(sizeOf(shape));
  values.set(backend.floats(tensor));
  for (const [update, start] of starts.entries())
    values.set(source.subarray(update * sliceSize, (update + 1) * sliceSize), start);
  return backend.output(shape, values);
}
