// The graph of a product with one matrix of blocks, which is its constant.

import { joined } from "../../../packed/block-numbers.ts";
import { type GraphWriter, graphOf } from "../kernels/graph.ts";
import type { OnnxConstant, OnnxGraph } from "../runtime/onnx-model.ts";

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

/** Writes the sums of x over a matrix's blocks. */
export type BlockSums = (g: GraphWriter, x: string, matrix: EvenBlocks) => string;

/** The operation's accuracy level for x in 8 bits. */
const accuracyLevel = 4;

/** The matrix is part of the graph. */
export function blockProductGraph(matrix: EvenBlocks): OnnxGraph {
  const g = graphOf("x");
  const product = addBlockProduct(g, "x", matrix);
  return { ...g.finish(product.value), constants: product.constants };
}

/** A product in a graph, and the constants that it needs there, whose names begin with `name`. */
export function addBlockProduct(
  g: GraphWriter,
  x: string,
  matrix: EvenBlocks,
  { name = "", sumsOf = sumBlocks }: { readonly name?: string; readonly sumsOf?: BlockSums } = {},
): { readonly value: string; readonly constants: readonly OnnxConstant[] } {
  const { rows, columns, blockSize, blocks, codeBits, codes, scales, minima } = matrix;
  const shape = [rows, blocks, (blockSize * codeBits) / 8];
  const constants: OnnxConstant[] = [
    { name: `${name}codes`, type: "uint8", shape, values: codes },
    { name: `${name}scales`, type: "float32", shape: [rows, blocks], values: scales },
  ];
  const sizes = { N: rows, K: columns, bits: codeBits, block_size: blockSize, accuracy_level: accuracyLevel };
  const product = g.node("MatMulNBits", [x, `${name}codes`, `${name}scales`], sizes, "com.microsoft");
  if (minima === undefined) return { value: product, constants };
  constants.push({ name: `${name}minima`, type: "float32", shape: [rows, blocks], values: minima });
  const added = g.product(sumsOf(g, x, matrix), `${name}minima`, { transB: true });
  return { value: g.add(product, added), constants };
}

/** The sums of each row of x over the blocks: x [..., columns] → [...axes, blocks]; by default [rows, blocks]. */
export function sumBlocks(
  g: GraphWriter,
  x: string,
  { blocks, blockSize }: EvenBlocks,
  axes: readonly number[] = [-1],
): string {
  const byBlock = g.node("Reshape", [x, g.integers([...axes, blocks, blockSize])]);
  return g.node("ReduceSum", [byBlock, g.integers([-1])], { keepdims: 0 });
}

/** Matrices of the same columns one below the other; undefined for one alone, and for kinds that differ. */
export function concatRows(matrices: readonly EvenBlocks[]): EvenBlocks | undefined {
  const [first] = matrices;
  const isLikeFirst = (other: EvenBlocks) =>
    first !== undefined &&
    (["columns", "blockSize", "codeBits"] as const).every((key) => other[key] === first[key]) &&
    (other.minima === undefined) === (first.minima === undefined);
  if (first === undefined || matrices.length === 1 || !matrices.every(isLikeFirst)) return undefined;
  const codes = matrices.map((matrix) => matrix.codes);
  const scales = matrices.map((matrix) => matrix.scales);
  const minima = matrices.flatMap((matrix) => matrix.minima ?? []);
  return {
    ...first,
    rows: matrices.reduce((rows, matrix) => rows + matrix.rows, 0),
    codes: joined(codes, Uint8Array),
    scales: joined(scales, Float32Array),
    ...(minima.length === 0 ? {} : { minima: joined(minima, Float32Array) }),
  };
}
