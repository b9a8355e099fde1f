// Riemannian preconditioning of A's and B's gradients by r × r matrices (Zhang & Pilanci 2024, arXiv 2402.02347).

import { createMatrix, type Matrix, multiply, transpose } from "../linear-algebra/matrix.ts";
import { solveSymmetric } from "../linear-algebra/solve-symmetric.ts";

interface TrainedNumbers {
  readonly shape: readonly number[];
  readonly values: Float32Array;
  /** Changed in place; absent: the variable has no gradient. */
  readonly gradient?: Float32Array | undefined;
}

/**
 * Multiplies the gradient of A [inFeatures, rank] by (B·Bᵀ + reg·I)⁻¹ and that of B [rank, outFeatures] by (Aᵀ·A + reg·I)⁻¹, like
 * `create_riemannian_optimizer` of PEFT 0.21.2. Names are those of adapter files. Embeddings and other variables keep their gradients.
 */
export function preconditionGradients(variables: ReadonlyMap<string, TrainedNumbers>, reg: number): void {
  for (const [name, a] of variables) {
    const b = name.includes(".lora_A.") ? variables.get(name.replace(".lora_A.", ".lora_B.")) : undefined;
    if (b === undefined || a.shape.length !== 2 || b.shape.length !== 2 || a.shape[1] !== b.shape[0]) continue;
    const ofA = gramOfRows(matrixOf(b.shape, b.values), reg);
    const ofB = gramOfRows(transpose(matrixOf(a.shape, a.values)), reg);
    if (a.gradient) a.gradient.set(transpose(solveSymmetric(ofA, transpose(matrixOf(a.shape, a.gradient)))).values);
    if (b.gradient) b.gradient.set(solveSymmetric(ofB, matrixOf(b.shape, b.gradient)).values);
  }
}

function matrixOf([rows = 0, columns = 0]: readonly number[], values: Float32Array): Matrix {
  return createMatrix(rows, columns, values);
}

/** M·Mᵀ + reg·I */
function gramOfRows(matrix: Matrix, reg: number): Matrix {
  const gram = multiply(matrix, transpose(matrix));
  for (let row = 0; row < gram.rows; row++) gram.values[row * (gram.rows + 1)]! += reg;
  return gram;
}
