// Calls of TensorFlow.js's own operations with shapes that fit, nearly fit, or do not fit at all, of any type, empty ones
// included: what a backend must answer as tfjs-backend-cpu does.

import { fc } from "@fast-check/vitest";
import * as tf from "@tensorflow/tfjs-core";
import { waveValues } from "./packed-matrices.ts";

/** A description of a tensor, which is made on each backend. */
interface Operand {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32" | "bool";
  readonly seed: number;
}

/** An operation with its operands. */
export interface KernelCall {
  readonly run: () => tf.Tensor | tf.Tensor[];
}

const axisSize = fc.constantFrom(1, 2, 3, 4, 0);
const anyShape = fc.array(axisSize, { maxLength: 4 });
const dtype = fc.constantFrom<Operand["dtype"][]>("float32", "float32", "float32", "int32", "bool");
const operand = (shape: fc.Arbitrary<readonly number[]>): fc.Arbitrary<Operand> =>
  fc.record({ shape, dtype, seed: fc.integer({ min: 1, max: 9 }) });

/** The shape itself, or one that differs a little: another size, an axis more or fewer. */
const near = (shape: readonly number[]): fc.Arbitrary<readonly number[]> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(shape) },
    fc.tuple(fc.nat({ max: 3 }), axisSize).map(([at, size]) => shape.map((old, axis) => (axis === at ? size : old))),
    fc.constant(shape.slice(1)),
    fc.constant([...shape, 1]),
  );
const nearPair = anyShape.chain((shape) => fc.tuple(operand(fc.constant(shape)), operand(near(shape))));
const alone = operand(anyShape).map((one) => [one] as const);

const products: fc.Arbitrary<KernelCall> = fc
  .record({
    sizes: fc.tuple(axisSize, axisSize, axisSize),
    batch: fc.array(axisSize, { maxLength: 2 }),
    batchOfB: fc.constantFrom<("same" | "ones" | "none")[]>("same", "ones", "none"),
    transposed: fc.tuple(fc.boolean(), fc.boolean()),
    isOff: fc.constantFrom(0, 0, 0, 1),
  })
  .chain(({ sizes: [rows, inner, columns], batch, batchOfB, transposed: [a, b], isOff }) => {
    const first = [...batch, ...(a ? [inner, rows] : [rows, inner])];
    const matrixOfB = b ? [columns, inner + isOff] : [inner + isOff, columns];
    const batches = { same: batch, ones: batch.map(() => 1), none: [] };
    const second = [...batches[batchOfB], ...matrixOfB];
    return fc.tuple(operand(fc.constant(first)), operand(fc.constant(second))).map((factors) =>
      printed(
        [factors, a, b],
        call(factors, (x, y) => tf.matMul(x as tf.Tensor, y as tf.Tensor, a, b)),
      ),
    );
  });

/** A call of `operate` with tensors of these operands. */
function call(operands: readonly Operand[], operate: (...tensors: tf.Tensor[]) => tf.Tensor | tf.Tensor[]): KernelCall {
  return { run: () => operate(...operands.map(tensorOf)) };
}

function tensorOf({ shape, dtype, seed }: Operand): tf.Tensor {
  const values = waveValues(tf.util.sizeFromShape([...shape]), seed).map((value) => 3 * value);
  if (dtype === "float32") return tf.tensor(values, [...shape]);
  if (dtype === "int32") return tf.tensor(Int32Array.from(values), [...shape], "int32");
  return tf.tensor(
    Uint8Array.from(values, (value) => (value > 0 ? 1 : 0)),
    [...shape],
    "bool",
  );
}

function kernel(name: string, inputs: object, attributes: object = {}): tf.Tensor {
  return tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attributes as tf.NamedAttrMap);
}

/** Calls with drawn operands and options. */
function row<Chosen>(
  operands: fc.Arbitrary<readonly Operand[]>,
  options: fc.Arbitrary<Chosen>,
  operate: (tensors: readonly tf.Tensor[], chosen: Chosen) => tf.Tensor | tf.Tensor[],
): fc.Arbitrary<KernelCall> {
  return fc.tuple(operands, options).map(([given, chosen]) =>
    printed(
      [given, chosen],
      call(given, (...tensors) => operate(tensors, chosen)),
    ),
  );
}

/** With what a failing test prints. */
function printed(settings: unknown, made: KernelCall): KernelCall {
  return { ...made, ...{ [fc.toStringMethod]: () => JSON.stringify(settings) } };
}

/** Of batches that broadcast, tfjs-backend-cpu multiplies some wrongly: it takes the second's matrices in turn. */
function isKnownToCpu(first: readonly number[], second: readonly number[]): boolean {
  const isRepeated = [...first, ...second].includes(1) || first.length !== second.length;
  return first.length * second.length === 0 || !isRepeated || first.join() === second.join();
}

const unary = [tf.exp, tf.log, tf.sqrt, tf.neg, tf.abs, tf.tanh, tf.sigmoid, tf.erf, tf.relu, tf.reciprocal, tf.sin]
  .concat([tf.cos, tf.floor, tf.ceil, tf.rsqrt, tf.square])
  .map((operation) => operation as (x: tf.Tensor) => tf.Tensor);
const binary = [tf.add, tf.sub, tf.mul, tf.div, tf.maximum, tf.minimum, tf.squaredDifference];
const axes = fc.constantFrom<(number | number[] | undefined)[]>(
  undefined,
  0,
  1,
  -1,
  3,
  -3,
  [0, 1],
  [-1, 0],
  [0, 0],
  [],
);
const none = fc.constant(undefined);
const activations = fc.constantFrom("linear", "relu", "relu6", "sigmoid", "elu", "leakyrelu", "prelu");
/** prelu alone has slopes, one for each of four outputs. */
const gradientsOf = (activation: string) =>
  activation === "prelu" ? { preluActivationWeights: tf.tensor1d([0.1, -0.2, 0.3, 0.4]) } : {};
/** One to three places of one or two axes. */
const indexLists = (min: number) =>
  fc.integer({ min: 1, max: 2 }).chain((axes) => {
    const indexList = fc.array(fc.integer({ min, max: 3 }), { minLength: axes, maxLength: axes });
    return fc.array(indexList, { minLength: 1, maxLength: 3 });
  });
const x = (tensors: readonly tf.Tensor[]) => tensors[0] as tf.Tensor;
const y = (tensors: readonly tf.Tensor[]) => tensors[1] as tf.Tensor;

export const kernelCalls: Readonly<Record<string, fc.Arbitrary<KernelCall>>> = {
  "operations of one tensor": row(alone, fc.constantFrom(...unary), (all, operate) => operate(x(all))),
  "operations of two": row(nearPair, fc.constantFrom(...binary), (all, operate) => operate(x(all), y(all))),
  reductions: row(
    alone,
    fc.tuple(fc.constantFrom(tf.sum, tf.mean, tf.max, tf.min), axes, fc.boolean()),
    (all, [reduce, axis, keepDims]) => reduce(x(all), axis, keepDims),
  ),
  softmax: row(alone, none, (all) => tf.softmax(x(all))),
  transpose: row(
    alone,
    fc.constantFrom<(number[] | undefined)[]>(
      undefined,
      [1, 0],
      [0, 2, 1],
      [2, 0, 1],
      [0, 0],
      [0, 2, 1, 3],
      [1, 1, 0],
      [0, -1],
    ),
    (all, permutation) => tf.transpose(x(all), permutation),
  ),
  slice: row(
    alone,
    fc.tuple(fc.array(fc.integer({ min: -1, max: 3 })), fc.array(fc.integer({ min: -1, max: 3 }))),
    (all, [begin, size]) => tf.slice(x(all), begin.slice(0, x(all).rank), size.slice(0, x(all).rank)),
  ),
  split: row(
    alone,
    fc.tuple(fc.constantFrom<(number | number[])[]>(1, 2, 3, [1, 1], [2, -1], [0, 2]), fc.constantFrom(0, 1, -1, 2)),
    (all, [sizes, axis]) => tf.split(x(all), sizes as number[], axis),
  ),
  concat: row(nearPair, fc.constantFrom(0, 1, -1, 2, -2, 5), (all, axis) => tf.concat([...all], axis)),
  "the kernel Concat": row(nearPair, fc.constantFrom(0, 1, -1, 2), ([a, b], axis) =>
    a?.dtype === b?.dtype ? kernel("Concat", [a, b], { axis }) : tf.scalar(0),
  ),
  stack: row(nearPair, fc.constantFrom(0, 1, -1), (all, axis) => tf.stack([...all], axis)),
  unstack: row(alone, fc.constantFrom(0, 1, -1), (all, axis) => tf.unstack(x(all), axis)),
  gather: row(
    alone,
    fc.tuple(fc.array(fc.integer({ min: -1, max: 3 }), { maxLength: 5 }), fc.constantFrom(0, 0, 1, -1)),
    (all, [ids, axis]) => tf.gather(x(all), tf.tensor1d(ids, "int32"), axis),
  ),
  unsortedSegmentSum: row(alone, fc.array(fc.integer({ min: -1, max: 3 }), { maxLength: 4 }), (all, ids) =>
    tf.unsortedSegmentSum(x(all), tf.tensor1d(ids, "int32"), 3),
  ),
  tensorScatterUpdate: row(
    nearPair,
    fc.array(fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 3 }),
    ([tensor, other], indexLists) => {
      const [first] = indexLists;
      const indices = indexLists.filter(({ length }) => length === first?.length);
      const updates = tf.slice(tf.cast(other as tf.Tensor, "float32"), 0, indices.length);
      return tf.tensorScatterUpdate(tensor as tf.Tensor, tf.tensor(indices, undefined, "int32"), updates);
    },
  ),
  gatherND: row(alone, indexLists(-1), (all, indices) => tf.gatherND(x(all), tf.tensor(indices, undefined, "int32"))),
  scatterND: row(alone, indexLists(0), (all, indices) =>
    tf.scatterND(
      tf.tensor(indices, undefined, "int32"),
      tf.slice(x(all), 0, indices.length),
      [4, 3, ...x(all).shape.slice(1)].slice(2 - (indices[0]?.length ?? 1)),
    ),
  ),
  tile: row(alone, fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }), (all, copies) =>
    tf.tile(x(all), copies.slice(0, x(all).rank)),
  ),
  matMul: products,
  "matMul of anything": row(nearPair, none, (all) =>
    isKnownToCpu(x(all).shape.slice(0, -2), y(all).shape.slice(0, -2)) ? tf.matMul(x(all), y(all)) : tf.scalar(0),
  ),
  "fused matMul": row(
    fc.tuple(operand(fc.constant([2, 3])), operand(fc.constant([3, 4])), operand(near([2, 4]))),
    activations,
    ([a, b, bias], activation) =>
      kernel(
        "_FusedMatMul",
        { a, b, bias, ...gradientsOf(activation) },
        {
          transposeA: false,
          transposeB: false,
          activation,
          leakyreluAlpha: 0.3,
        },
      ),
  ),
  "fused conv2d": row(
    fc.tuple(operand(fc.constant([2, 5, 4, 2])), operand(fc.constant([3, 2, 2, 4])), operand(fc.constant([4]))),
    fc.tuple(activations, fc.constantFrom<("same" | "valid")[]>("same", "valid"), fc.constantFrom(1, 2)),
    ([image, filter, bias], [activation, pad, strides]) =>
      kernel(
        "FusedConv2D",
        { x: image, filter, bias, ...gradientsOf(activation) },
        {
          strides: [strides, strides],
          pad,
          dataFormat: "NHWC",
          dilations: [1, 1],
          activation,
          leakyreluAlpha: 0.3,
        },
      ),
  ),
  conv2d: row(
    fc.tuple(operand(near([2, 5, 4, 2])), operand(near([3, 2, 2, 3]))),
    fc.tuple(fc.constantFrom<("same" | "valid" | number)[]>("same", "valid", 0, 1), fc.constantFrom(1, 2, 3)),
    (all, [pad, strides]) => tf.conv2d(x(all) as tf.Tensor4D, y(all) as tf.Tensor4D, strides, pad),
  ),
  depthwiseConv2d: row(
    fc.tuple(operand(near([2, 5, 4, 2])), operand(near([3, 2, 2, 1]))),
    fc.tuple(fc.constantFrom<("same" | "valid" | number)[]>("same", "valid", 0, 1), fc.constantFrom(1, 2, 3)),
    (all, [pad, strides]) => tf.depthwiseConv2d(x(all) as tf.Tensor4D, y(all) as tf.Tensor4D, strides, pad),
  ),
  "the gradients of depthwiseConv2d": row(
    fc.tuple(operand(fc.constant([2, 5, 4, 2])), operand(fc.constant([3, 2, 2, 1]))),
    fc.tuple(fc.constantFrom<("same" | "valid")[]>("same", "valid"), fc.constantFrom(1, 2, 3)),
    (all, [pad, strides]) => {
      const convolve = (image: tf.Tensor, filter: tf.Tensor) =>
        tf.depthwiseConv2d(image as tf.Tensor4D, filter as tf.Tensor4D, strides, pad);
      const gradients = tf.grads(convolve)([x(all), y(all)]);
      return tf.concat(gradients.map((gradient) => tf.reshape(gradient, [gradient.size])));
    },
  ),
  pad: row(
    fc.tuple(operand(near([2, 3, 4]))),
    fc.tuple(...[0, 1, 2].map(() => fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })))),
    (all, borders) => tf.pad(x(all), borders.slice(0, x(all).rank) as [number, number][], 0.5),
  ),
  conv2dTranspose: row(
    fc.tuple(operand(near([2, 5, 4, 3])), operand(near([3, 2, 2, 3]))),
    fc.constantFrom<[number, number, number, number][]>([2, 5, 4, 2], [2, 5, 0, 2], [2, 6, 4, 2], [1, 5, 4, 2]),
    (all, shape) => tf.conv2dTranspose(x(all) as tf.Tensor4D, y(all) as tf.Tensor4D, shape, 1, "same"),
  ),
  "the kernel AddN": row(nearPair, none, ([a, b]) => (a?.dtype === b?.dtype ? kernel("AddN", [a, b]) : tf.scalar(0))),
};
