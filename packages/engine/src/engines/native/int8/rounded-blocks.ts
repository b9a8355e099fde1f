// A product in 8 bits with a matrix that stays in blocks of 4 bits. Its entries become 8-bit codes a few million at a time, by
// vector instructions, in some 0.1 ns each. In a step of a LLaMA of 1.1 B, decoding to float32 and multiplying in it took three
// times as long.

import type * as tf from "@tensorflow/tfjs-core";
import { decodeKernel, maxCodes } from "../../../packed/decode-kernel.ts";
import type { MatrixPart } from "../../../packed/packed-matrix.ts";
import { blocksIn, type RoundedBlocks } from "../../../packed/rounded-blocks.ts";
import { GraphWriter, graphOf } from "../kernels/graph.ts";
import { inputOf, type KernelCall } from "../kernels/native-kernel.ts";
import type { NativeBackend } from "../native-backend.ts";
import type { NativeTensor } from "../runtime/native-tensor.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import { roundingSession, wholeOf } from "./int8-product.ts";
import { codesOfRows, finishCodes } from "./int8-rows.ts";
import { largestOfRows } from "./native-rounding.ts";
import { integerConstants, integerProduct, zeroPoint } from "./product-session.ts";

/** x [rows, columns of M] → x·Mᵀ [rows, rows of M], or x [rows, rows of M] → x·M [rows, columns of M]. */
export function roundedBlocks(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const input = inputOf(call, "x");
  const blocks = blocksIn(attributes);
  const x = { values: backend.floats(input), shape: input.shape };
  const { matrix, isTransposed } = blocks;
  const [rows = 0] = input.shape;
  const columns = isTransposed ? matrix.rows : matrix.columns;
  const result = { values: backend.pool.take(rows * columns), shape: [rows, columns] };
  if (isTransposed) timesTransposed(backend, x, blocks, result);
  else times(backend, x, blocks, result);
  return [backend.output([rows, columns], result.values)];
}

/**
 * Computes (M·xᵀ)ᵀ: with M as the left factor, its codes need not be transposed. The product is scaled by the steps of M's rows
 * and the factors of x's.
 */
function timesTransposed(
  backend: NativeBackend,
  x: NativeTensor,
  { matrix, steps }: RoundedBlocks,
  result: NativeTensor,
): void {
  const [rows = 0, inner = 0] = x.shape;
  const room = backend.int8Weights.recentRows.room(rows, inner);
  const transposed = {
    values: new Int8Array(room.codes.buffer, room.codes.byteOffset, rows * inner),
    shape: [inner, rows],
  };
  const factors = { values: room.factors, shape: [rows, 1] };
  backend.run(backend.session("int8 transposed rows", transposedRowsGraph), [x], [transposed, factors]);
  const session = backend.session("rounded blocks transposed", transposedProductGraph);
  const step = Math.min(matrix.rows, Math.floor(maxCodes / inner));
  for (let first = 0; first < matrix.rows; first += step) {
    const count = Math.min(step, matrix.rows - first);
    const part = { firstRow: first, rows: count, firstColumn: 0, columns: inner };
    const codes = { values: codesOf(matrix, part, { steps, zero: zeroPoint }), shape: [count, inner] };
    const scales = { values: steps.subarray(first, first + count), shape: [count, 1] };
    intoColumns(backend, result, { first, count }, (piece) =>
      backend.run(session, [codes, transposed, scales, factors], [piece]),
    );
  }
}

/** Adds up products of some rows of M with the same columns of x, so that the codes of M are read in order. */
function times(backend: NativeBackend, x: NativeTensor, { matrix, steps }: RoundedBlocks, result: NativeTensor): void {
  const [rows = 0, inner = 0] = x.shape;
  const room = backend.int8Weights.recentRows.room(rows, inner);
  const rounded = room.codes;
  const factors = { values: room.factors, shape: [rows, 1] };
  backend.run(roundingSession(backend, true), [x, wholeOf(steps)], [{ values: rounded, shape: x.shape }, factors]);
  const step = Math.min(inner, Math.floor(maxCodes / matrix.columns));
  const codesOfPart = step === inner ? rounded : new Uint8Array(rows * step);
  for (let first = 0; first < inner; first += step) {
    const count = Math.min(step, inner - first);
    if (codesOfPart !== rounded)
      for (let row = 0; row < rows; row++)
        codesOfPart.set(rounded.subarray(row * inner + first, row * inner + first + count), row * count);
    const part = { firstRow: first, rows: count, firstColumn: 0, columns: matrix.columns };
    const bytes = codesOf(matrix, part, { steps, zero: 0 });
    const codes = {
      values: new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length),
      shape: [count, matrix.columns],
    };
    const isSum = first > 0;
    const session = backend.session(`rounded blocks ${isSum}`, () => productGraph(isSum));
    const left = { values: codesOfPart.subarray(0, rows * count), shape: [rows, count] };
    backend.run(session, [left, codes, factors, ...(isSum ? [result] : [])], [result]);
  }
}

function codesOf(matrix: RoundedBlocks["matrix"], part: MatrixPart, rounding: { steps: Float32Array; zero: 0 | 128 }) {
  const kernel = decodeKernel();
  if (kernel === undefined) throw new Error("Codes of blocks need WebAssembly's vector instructions.");
  return kernel.codes(matrix, part, rounding);
}

/** Some columns of the result, computed in memory of their own unless they are all. */
function intoColumns(
  backend: NativeBackend,
  { values, shape: [rows = 0, columns = 0] }: NativeTensor,
  { first, count }: { readonly first: number; readonly count: number },
  compute: (piece: NativeTensor) => void,
): void {
  if (count === columns) {
    compute({ values, shape: [rows, columns] });
    return;
  }
  const piece = backend.pool.take(rows * count);
  compute({ values: piece, shape: [rows, count] });
  for (let row = 0; row < rows; row++)
    (values as Float32Array).set(piece.subarray(row * count, (row + 1) * count), row * columns + first);
  backend.pool.give(piece);
}

/** x [rows, inner] → signed codes [inner, rows], and the scale of each row. */
function transposedRowsGraph(): OnnxGraph {
  const g = graphOf("x");
  const factors = g.scale(largestOfRows(g, "x"), 1 / 127);
  const codes = g.node("Transpose", [codesOfRows(g, "x", factors)], { perm: [1, 0] });
  return finishCodes(g, [codes, factors], { codes, zero: Int8Array.of(0) });
}

/** Codes of M [count, inner], of x [inner, rows], steps [count, 1], factors [rows, 1] → [rows, count] */
function transposedProductGraph(): OnnxGraph {
  const g = new GraphWriter([
    { name: "matrix", type: "uint8" },
    { name: "rows", type: "int8" },
    { name: "steps" },
    { name: "factors" },
  ]);
  const product = g.multiply(integerProduct(g, { left: "matrix", right: "rows" }), "steps");
  const transposed = g.node("Transpose", [product], { perm: [1, 0] });
  return { ...g.finish(g.multiply(transposed, "factors")), constants: integerConstants() };
}

/** Codes of x [rows, count], of M [count, columns], factors [rows, 1], a term → [rows, columns] */
function productGraph(hasTerm: boolean): OnnxGraph {
  const term = hasTerm ? [{ name: "term" }] : [];
  const g = new GraphWriter([
    { name: "rows", type: "uint8" },
    { name: "matrix", type: "int8" },
    { name: "factors" },
    ...term,
  ]);
  const product = g.multiply(integerProduct(g, { left: "rows", right: "matrix" }), "factors");
  return { ...g.finish(hasTerm ? g.add(product, "term") : product), constants: integerConstants() };
}
