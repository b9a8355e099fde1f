// Products in 8 bits with a matrix of 4-bit blocks: the interface between the storage of the matrix and the engine's kernel. The
// matrix stays in 4 bits; a product converts its entries to 8-bit codes with a step for each row, a piece at a time.

import * as tf from "@tensorflow/tfjs-core";
import { runSingleOutputKernel } from "../kernels/custom-kernel.ts";
import { matrix as asMatrix } from "../rows.ts";
import { allNumbers } from "./block-numbers.ts";
import { decodeKernel, hasCodes } from "./decode-kernel.ts";
import { int8Problem } from "./int8-weights.ts";
import { type BlockMatrix, blocksPerRow, type PackedMatrix } from "./packed-matrix.ts";

/** The right factor of the kernel "LowrankRoundedBlocks". */
export interface RoundedBlocks {
  readonly matrix: BlockMatrix;
  /** The scale of each row's codes: the 127th part of its largest magnitude. [rows] */
  readonly steps: Float32Array;
  /** Whether to multiply by the transpose. */
  readonly isTransposed: boolean;
}

/** Whether products with a matrix are in 8 bits on the current engine. */
export function roundsProducts(matrix: PackedMatrix): matrix is BlockMatrix {
  if (matrix.kind !== "blocks" || matrix.products !== "int8" || !hasCodes(matrix)) return false;
  return (
    tf.getKernel("LowrankRoundedBlocks", tf.getBackend()) != null &&
    int8Problem() === undefined &&
    decodeKernel() !== undefined
  );
}

/** x·M or x·Mᵀ for x [rows, …]; undefined for an empty x. */
export function multiplyInCodes(x: tf.Tensor2D, blocks: RoundedBlocks): tf.Tensor2D | undefined {
  // TensorFlow.js's types expect plain values.
  const attributes = { blocks: blocks as unknown as tf.NamedAttrMap };
  const product = runSingleOutputKernel("LowrankRoundedBlocks", { x }, attributes);
  return product && asMatrix(product);
}

/** The factor in a kernel's attributes. */
export function blocksIn({ blocks }: tf.NamedAttrMap): RoundedBlocks {
  return blocks as unknown as RoundedBlocks;
}

/** Each row's largest magnitude divided by 127; NaN or infinite if a scale or a minimum is. */
export function rowSteps(matrix: BlockMatrix): Float32Array {
  const [lowest, highest] = [Math.min(...matrix.levels), Math.max(...matrix.levels)];
  const scales = allNumbers(matrix.scales);
  const minima = matrix.minima && allNumbers(matrix.minima);
  const perRow = blocksPerRow(matrix);
  return Float32Array.from({ length: matrix.rows }, (_, row) => {
    let largest = 0;
    for (let block = row * perRow; block < (row + 1) * perRow; block++) {
      const [scale = 0, minimum = 0] = [scales[block], minima?.[block]];
      largest = Math.max(largest, Math.abs(lowest * scale + minimum), Math.abs(highest * scale + minimum));
    }
    return largest / 127;
  });
}
