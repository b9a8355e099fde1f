// x·Mᵀ for a matrix M of codes in blocks. x is rounded to 8 bits for each block of a row, and multiplied with the codes in
// whole numbers; what a block's minimum adds is the sum of x over the block times it, which is not rounded.

import type * as tf from "@tensorflow/tfjs-core";
import { graphOf } from "../kernels/graph.ts";
import { inputOf, type KernelCall, registerOwnKernel } from "../kernels/native-kernel.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";

/** An entry is scale·(code − half of the codes), plus a minimum, with the scale and the minimum of its block. */
export interface EvenBlocks {
  readonly rows: number;
  readonly columns: number;
  readonly blockSize: number;
  /** In a row. */
  readonly blocks: number;
  readonly codeBits: 4 | 8;
  /** As BlockMatrix has them, unsigned. */
  readonly codes: Uint8Array;
  /** [rows, blocks] */
  readonly scales: Float32Array;
  /** [rows, blocks] */
  readonly minima?: Float32Array;
}

/** What the operation rounds x to: 8 bits. */
const accuracyLevel = 4;

export function registerBlockProduct(): void {
  registerOwnKernel("LowrankBlockProduct", blockProduct);
}

/** x [rows, columns of M] → [rows, rows of M] */
function blockProduct(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const input = inputOf(call, "x");
  const [rows = 0, columns = 0] = input.shape;
  const x = backend.floats(input);
  const { session, outFeatures } = backend.blocks.find(String(attributes.key));
  const values = backend.pool.take(rows * outFeatures);
  backend.run(session, [{ values: x, shape: [rows, columns] }], [{ values, shape: [rows, outFeatures] }]);
  // The operation rounds NaN to a number.
  for (let row = 0; row < rows; row++)
    if (!isAllFinite(x, row * columns, columns)) values.fill(Number.NaN, row * outFeatures, (row + 1) * outFeatures);
  return [backend.output([rows, outFeatures], values)];
}

/** In 64 bits no sum of finite numbers of 32 bits is infinite. */
function isAllFinite(values: Float32Array, first: number, count: number): boolean {
  let sum = 0;
  for (let index = first; index < first + count; index++) sum += values[index] ?? 0;
  return Number.isFinite(sum);
}

/** The matrix is part of the graph. */
export function blockProductGraph(matrix: EvenBlocks): OnnxGraph {
  const { rows, columns, blockSize, blocks, codeBits, codes, scales, minima } = matrix;
  const shape = [rows, blocks, (blockSize * codeBits) / 8];
  const constants = [
    { name: "codes", type: "uint8", shape, values: codes },
    { name: "scales", type: "float32", shape: [rows, blocks], values: scales },
    ...(minima === undefined
      ? []
      : [{ name: "minima", type: "float32", shape: [rows, blocks], values: minima } as const]),
  ] as const;
  const g = graphOf("x");
  const sizes = { N: rows, K: columns, bits: codeBits, block_size: blockSize, accuracy_level: accuracyLevel };
  const product = g.node("MatMulNBits", ["x", "codes", "scales"], sizes, "com.microsoft");
  if (minima === undefined) return { ...g.finish(product), constants };
  const byBlock = g.node("Reshape", ["x", g.integers([-1, blocks, blockSize])]);
  const sums = g.node("ReduceSum", [byBlock, g.integers([-1])], { keepdims: 0 });
  return { ...g.finish(g.add(product, g.product(sums, "minima", { transB: true }))), constants };
}
