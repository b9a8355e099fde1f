// Matrices of blocks that ONNX Runtime multiplies by without decoding them (com.microsoft.MatMulNBits): a session for each, in which the
// matrix is a constant, since only constants are brought into the order in which the processor reads them.

import { LowrankError } from "@lowrank/contracts";
import { allNumbers } from "../../packed/block-numbers.ts";
import type { BlockStore } from "../../packed/block-product.ts";
import { evenLevels } from "../../packed/even-levels.ts";
import { type BlockMatrix, blocksPerRow } from "../../packed/packed-matrix.ts";
import { blockProductGraph, type EvenBlocks } from "./operations/block-product-graph.ts";
import type { NativeSession, OnnxRuntime } from "./runtime/onnx-runtime.ts";

/** A session, and the number of columns of its product. */
export interface PreparedMatrix {
  readonly session: NativeSession;
  readonly outFeatures: number;
}

export class NativeBlocks implements BlockStore {
  readonly #matrices = new Map<string, PreparedMatrix>();
  #made = 0;

  constructor(private readonly runtime: OnnxRuntime) {}

  /** Number of matrices. */
  get count(): number {
    return this.#matrices.size;
  }

  add(matrix: BlockMatrix): string | undefined {
    const blocks = evenBlocks(matrix);
    const session = blocks && this.#sessionOf(blocks);
    if (session === undefined) return undefined;
    const key = String(this.#made++);
    this.#matrices.set(key, { session, outFeatures: matrix.rows });
    return key;
  }

  /** Throws for a key that was released. */
  find(key: string): PreparedMatrix {
    const matrix = this.#matrices.get(key);
    if (matrix === undefined) throw new Error("A matrix of blocks was used after it was released.");
    return matrix;
  }

  release(key: string): void {
    const matrix = this.#matrices.get(key);
    if (matrix === undefined) return;
    this.#matrices.delete(key);
    this.runtime.releaseSession(matrix.session);
  }

  clear(): void {
    for (const key of [...this.#matrices.keys()]) this.release(key);
  }

  /** Undefined if the library is too old for these blocks. */
  #sessionOf(blocks: EvenBlocks): NativeSession | undefined {
    try {
      return this.runtime.createSession(blockProductGraph(blocks), { skipsArena: true });
    } catch (error) {
      if (LowrankError.isInstance(error, "NATIVE_CALL_FAILED")) return undefined;
      throw error;
    }
  }
}

const blockSizes: readonly number[] = [16, 32, 64, 128, 256];

/** The matrix with evenly spaced levels around the middle code; undefined for other levels (NF4). */
export function evenBlocks(matrix: BlockMatrix): EvenBlocks | undefined {
  const { rows, columns, blockSize, codeBits } = matrix;
  if (rows === 0 || columns === 0 || columns % blockSize !== 0 || !blockSizes.includes(blockSize)) return undefined;
  const line = evenLevels(matrix);
  if (line === undefined) return undefined;
  const { step, middle, isSigned } = line;
  const codes = isSigned ? unsigned(matrix.codes) : matrix.codes;
  const bare = allNumbers(matrix.scales);
  const shared = { rows, columns, blockSize, blocks: blocksPerRow(matrix), codeBits, codes, scales: times(bare, step) };
  if (middle === 0 && matrix.minima === undefined) return shared;
  const minima = times(bare, middle);
  if (matrix.minima !== undefined) addTo(minima, allNumbers(matrix.minima));
  return { ...shared, minima };
}

// Millions of numbers come here before the first token: typed arrays' own functions take ten times as long.

function times(values: Float32Array, factor: number): Float32Array {
  if (factor === 1) return values;
  const products = new Float32Array(values.length);
  for (let index = 0; index < products.length; index++) products[index] = values[index]! * factor;
  return products;
}

function addTo(sums: Float32Array, values: Float32Array): void {
  for (let index = 0; index < sums.length; index++) sums[index]! += values[index]!;
}

function unsigned(codes: Uint8Array): Uint8Array {
  const result = new Uint8Array(codes.length);
  for (let index = 0; index < result.length; index++) result[index] = codes[index]! ^ 0x80;
  return result;
}
