// QR by Householder reflections (Golub & Van Loan, "Matrix Computations", 4th ed., 5.2), with LAPACK's signs, so that
// the factors are those of torch.linalg.qr up to rounding.

import { settingError } from "../errors.ts";
import { createMatrix, type Matrix, transpose } from "./matrix.ts";

/** matrix = q · r. */
export interface ThinQr {
  /** Orthonormal columns, [rows, min(rows, columns)]. */
  readonly q: Matrix;
  /** Upper triangular, [min(rows, columns), columns]. */
  readonly r: Matrix;
}

/** Smaller sums of squares lose precision. Sums of float32 numbers are never that small. */
const negligible = 1e-290;

/** The thin QR decomposition. Throws INVALID_SETTING for NaN and infinity. */
export function thinQr(matrix: Matrix): ThinQr {
  const { rows, columns } = matrix;
  // NaN would spread through all steps, and iterations that use the result would never end.
  const broken = matrix.values.find((value) => !Number.isFinite(value));
  if (broken !== undefined) throw settingError("A decomposition", "an entry", broken, "finite numbers");
  const count = Math.min(rows, columns);
  // Transposed, so that each column is contiguous.
  const work = transpose(matrix).values; // [columns, rows]
  const factors = new Float64Array(count);
  for (let step = 0; step < count; step++) {
    const column = work.subarray(step * rows, (step + 1) * rows);
    factors[step] = reflector(column, step);
    for (let other = step + 1; other < columns; other++)
      reflect(work.subarray(other * rows, (other + 1) * rows), column, step, factors[step]!);
  }
  return { q: buildQ(work, factors, rows), r: readR(work, rows, columns) };
}

/**
 * Changes `column` from `step` on into a reflector I − factor·v·vᵀ that maps it to a multiple of a unit vector. The multiple is
 * stored at `step`, v (whose first entry is 1) after it. Returns the factor.
 */
function reflector(column: Float64Array, step: number): number {
  let below = 0;
  for (let row = step + 1; row < column.length; row++) below += column[row]! ** 2;
  if (below < negligible) return 0;
  const first = column[step]!;
  const target = first >= 0 ? -Math.sqrt(first * first + below) : Math.sqrt(first * first + below);
  for (let row = step + 1; row < column.length; row++) column[row]! /= first - target;
  column[step] = target;
  return (target - first) / target;
}

/** Applies a reflector to `column` from `step` on. */
function reflect(column: Float64Array, vector: Float64Array, step: number, factor: number): void {
  if (factor === 0) return;
  let product = column[step]!;
  for (let row = step + 1; row < column.length; row++) product += vector[row]! * column[row]!;
  product *= factor;
  column[step]! -= product;
  for (let row = step + 1; row < column.length; row++) column[row]! -= product * vector[row]!;
}

/** Applies the reflectors, the last one first, to the first unit vectors. */
function buildQ(work: Float64Array, factors: Float64Array, rows: number): Matrix {
  const count = factors.length;
  const transposed = createMatrix(count, rows);
  for (let index = 0; index < count; index++) {
    const column = transposed.values.subarray(index * rows, (index + 1) * rows);
    column[index] = 1;
    for (let step = index; step >= 0; step--)
      reflect(column, work.subarray(step * rows, (step + 1) * rows), step, factors[step]!);
  }
  return transpose(transposed);
}

function readR(work: Float64Array, rows: number, columns: number): Matrix {
  const r = createMatrix(Math.min(rows, columns), columns);
  for (let row = 0; row < r.rows; row++) {
    for (let column = row; column < columns; column++) r.values[row * columns + column] = work[column * rows + row]!;
  }
  return r;
}
