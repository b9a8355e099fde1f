// The graph of a product with one matrix of blocks, which is its constant.

import { graphOf } from "../kernels/graph.ts";
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
