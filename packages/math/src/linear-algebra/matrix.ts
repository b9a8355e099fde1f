// Matrices in float64, for decompositions: TensorFlow.js has only float32 and no singular values. The matrices are small, or read
// once. Tensors are converted by `matrixOfTensor` and `tensorOfMatrix`.

import * as tf from "@tensorflow/tfjs-core";
import { settingError } from "../errors.ts";

/** A matrix in row-major order. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

/**
 * A matrix from numbers in row-major order, which are copied; zeros if there are none. Throws INVALID_SETTING.
 *
 * @example
 * ```ts
 * import { createMatrix, multiply } from "@lowrank/math";
 *
 * const product = multiply(createMatrix(1, 2, [3, 4]), createMatrix(2, 1, [1, 2]));
 * console.assert(product.values[0] === 11);
 * ```
 */
export function createMatrix(rows: number, columns: number, values?: ArrayLike<number>): Matrix {
  const size = rows * columns;
  if (!Number.isInteger(rows) || !Number.isInteger(columns) || rows < 0 || columns < 0)
    throw settingError("createMatrix", "shape", `[${rows}, ${columns}]`, "whole numbers of at least 0");
  if (values && values.length !== size)
    throw settingError("createMatrix", "values.length", values.length, `${rows} · ${columns} = ${size}`);
  return { rows, columns, values: values ? Float64Array.from(values) : new Float64Array(size) };
}

/** The numbers of a tensor [rows, columns], read synchronously. */
export function matrixOfTensor(tensor: tf.Tensor2D): Matrix {
  return createMatrix(tensor.shape[0], tensor.shape[1], tensor.dataSync());
}

/** The numbers of a tensor, which is disposed of. */
export function takeMatrix(tensor: tf.Tensor2D): Matrix {
  try {
    return matrixOfTensor(tensor);
  } finally {
    tensor.dispose();
  }
}

/** A float32 tensor [rows, columns]; the caller owns it. */
export function tensorOfMatrix({ rows, columns, values }: Matrix): tf.Tensor2D {
  return tf.tensor2d(Float32Array.from(values), [rows, columns]);
}

/** left · right. Throws INVALID_SETTING. */
export function multiply(left: Matrix, right: Matrix): Matrix {
  if (left.columns !== right.rows)
    throw settingError("multiply", "right.rows", right.rows, `left.columns = ${left.columns}`);
  const product = createMatrix(left.rows, right.columns);
  for (let row = 0; row < left.rows; row++) {
    const sums = product.values.subarray(row * right.columns, (row + 1) * right.columns);
    for (let inner = 0; inner < left.columns; inner++) {
      const factor = left.values[row * left.columns + inner]!;
      if (factor !== 0) addScaled(sums, right.values, inner * right.columns, factor);
    }
  }
  return product;
}

/** sums += factor · values, from `start` on. */
function addScaled(sums: Float64Array, values: Float64Array, start: number, factor: number): void {
  for (let index = 0; index < sums.length; index++) sums[index]! += factor * values[start + index]!;
}

/** The transposed matrix. */
export function transpose({ rows, columns, values }: Matrix): Matrix {
  const transposed = createMatrix(columns, rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      transposed.values[column * rows + row] = values[row * columns + column]!;
  }
  return transposed;
}

/** Columns `start` up to, not including, `end`. */
export function sliceColumns(matrix: Matrix, start: number, end: number): Matrix {
  const part = createMatrix(matrix.rows, end - start);
  for (let row = 0; row < matrix.rows; row++) {
    const first = row * matrix.columns;
    part.values.set(matrix.values.subarray(first + start, first + end), row * part.columns);
  }
  return part;
}

/** Rows `start` up to, not including, `end`. */
export function rowsOf({ columns, values }: Matrix, start: number, end: number): Matrix {
  return { rows: end - start, columns, values: values.slice(start * columns, end * columns) };
}

/** The numbers of a row, which share the matrix's memory. */
export function rowOf({ columns, values }: Matrix, row: number): Float64Array {
  return values.subarray(row * columns, (row + 1) * columns);
}

/** Some rows, in the given order. */
export function selectRows(matrix: Matrix, order: readonly number[]): Matrix {
  const picked = createMatrix(order.length, matrix.columns);
  for (const [to, from] of order.entries()) rowOf(picked, to).set(rowOf(matrix, from));
  return picked;
}

/** Every column multiplied by its own factor: matrix · diag(factors). */
export function scaleColumns(matrix: Matrix, factors: ArrayLike<number>): Matrix {
  const { rows, columns } = matrix;
  const values = matrix.values.map((value, index) => value * factors[index % columns]!);
  return { rows, columns, values };
}

/** Concatenates matrices with equal numbers of rows. */
export function concatColumns(parts: readonly Matrix[]): Matrix {
  const columns = parts.reduce((sum, part) => sum + part.columns, 0);
  const whole = createMatrix(parts[0]?.rows ?? 0, columns);
  let offset = 0;
  for (const part of parts) {
    for (let row = 0; row < whole.rows; row++) {
      const values = part.values.subarray(row * part.columns, (row + 1) * part.columns);
      whole.values.set(values, row * columns + offset);
    }
    offset += part.columns;
  }
  return whole;
}

/** √ of the sum of squares of all entries. */
export function frobeniusNorm({ values }: Matrix): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
