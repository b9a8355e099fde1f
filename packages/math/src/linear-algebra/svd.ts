// The exact singular value decomposition by one-sided Jacobi rotations (Demmel & Veselić 1992; the QR step first as in
// Drmač & Veselić 2008): simple, deterministic, and accurate for small singular values too. Its cost grows with the cube
// of the smaller side; for a few directions of a large matrix there is `truncatedSvd`.

import { createMatrix, type Matrix, multiply, rowOf, selectRows, sliceColumns, transpose } from "./matrix.ts";
import { thinQr } from "./thin-qr.ts";

/** matrix = u · diag(s) · vᵀ. */
export interface Svd {
  /** Left singular vectors as orthonormal columns, [rows, count]. */
  readonly u: Matrix;
  /** Singular values, the largest first. */
  readonly s: Float64Array;
  /** Right singular vectors as orthonormal columns, [columns, count]. */
  readonly v: Matrix;
}

/** Two vectors count as orthogonal when the cosine between them is smaller. */
const tolerance = 1e-15;
/** Convergence is quadratic: ten sweeps are usual, and more than thirty do not happen. */
const maxSweeps = 60;

/**
 * All min(rows, columns) singular values and vectors. Throws INVALID_SETTING for NaN and infinity.
 *
 * @example
 * ```ts
 * import { createMatrix, svd } from "@lowrank/math";
 *
 * const { s } = svd(createMatrix(2, 2, [3, 0, 0, -5]));
 * console.assert(s[0] === 5 && s[1] === 3);
 * ```
 */
export function svd(matrix: Matrix): Svd {
  if (matrix.rows < matrix.columns) {
    const { u, s, v } = svd(transpose(matrix));
    return { u: v, s, v: u };
  }
  // Entries of at most 1, so that no square overflows or vanishes.
  const unit = matrix.values.reduce((max, value) => Math.max(max, Math.abs(value)), 0) || 1;
  const scaled = { ...matrix, values: matrix.values.map((value) => value / unit) };
  const { q, r } = thinQr(scaled); // q [rows, count], r [count, count]
  const { directions, rotation } = orthogonalizeRows(r);
  const lengths = Float64Array.from({ length: r.rows }, (_, row) => lengthOf(rowOf(directions, row)));
  const order = Array.from(lengths.keys()).sort((one, other) => lengths[other]! - lengths[one]!);
  const s = Float64Array.from(order, (row) => lengths[row]!);
  return {
    u: multiply(q, transpose(selectRows(rotation, order))),
    s: s.map((value) => value * unit),
    v: transpose(unitRows(selectRows(directions, order), s)),
  };
}

/** Rotates pairs of rows until all rows are orthogonal: rotation · matrix = directions. */
function orthogonalizeRows(matrix: Matrix): { readonly directions: Matrix; readonly rotation: Matrix } {
  const directions = { ...matrix, values: matrix.values.slice() };
  const rotation = createMatrix(matrix.rows, matrix.rows);
  for (let row = 0; row < matrix.rows; row++) rotation.values[row * matrix.rows + row] = 1;
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    let isDone = true;
    for (let one = 0; one < matrix.rows; one++) {
      for (let other = one + 1; other < matrix.rows; other++) {
        const turn = rotationBetween(rowOf(directions, one), rowOf(directions, other));
        if (!turn) continue;
        isDone = false;
        rotate(rowOf(directions, one), rowOf(directions, other), turn);
        rotate(rowOf(rotation, one), rowOf(rotation, other), turn);
      }
    }
    if (isDone) break;
  }
  return { directions, rotation };
}

interface Turn {
  readonly cosine: number;
  readonly sine: number;
}

/** The rotation that makes two vectors orthogonal, or null if they are. */
function rotationBetween(one: Float64Array, other: Float64Array): Turn | null {
  let [first, second, product] = [0, 0, 0];
  for (let index = 0; index < one.length; index++) {
    const [left, right] = [one[index]!, other[index]!];
    first += left * left;
    second += right * right;
    product += left * right;
  }
  if (Math.abs(product) <= tolerance * Math.sqrt(first * second)) return null;
  const cotangent = (second - first) / (2 * product);
  const tangent = (cotangent < 0 ? -1 : 1) / (Math.abs(cotangent) + Math.sqrt(1 + cotangent * cotangent));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  return { cosine, sine: cosine * tangent };
}

function rotate(one: Float64Array, other: Float64Array, { cosine, sine }: Turn): void {
  for (let index = 0; index < one.length; index++) {
    const [left, right] = [one[index]!, other[index]!];
    one[index] = cosine * left - sine * right;
    other[index] = sine * left + cosine * right;
  }
}

/** Rows divided by their lengths; a row of zeros becomes a unit vector orthogonal to the rows before it. */
function unitRows(matrix: Matrix, lengths: Float64Array): Matrix {
  const units = createMatrix(matrix.rows, matrix.columns);
  const smallest = Number.EPSILON * matrix.columns * (lengths[0] ?? 0);
  for (let row = 0; row < matrix.rows; row++) {
    const unit = rowOf(units, row);
    if (lengths[row]! > smallest) unit.set(rowOf(matrix, row).map((value) => value / lengths[row]!));
    else unit.set(anyOrthogonal(units, row));
  }
  return units;
}

/** The unit vector nearest to an axis that is orthogonal to the first `count` rows. */
function anyOrthogonal(units: Matrix, count: number): Float64Array {
  // Some axis keeps at least √(1 − count/columns) of its length. The first one that keeps half of that is used.
  const enough = 0.5 * Math.sqrt(1 - count / units.columns);
  for (let axis = 0; axis < units.columns; axis++) {
    const vector = new Float64Array(units.columns);
    vector[axis] = 1;
    subtractProjections(vector, units, count);
    subtractProjections(vector, units, count); // twice, because rounding leaves a remainder the first time
    const length = lengthOf(vector);
    if (length >= enough) return vector.map((value) => value / length);
  }
  return new Float64Array(units.columns);
}

function subtractProjections(vector: Float64Array, units: Matrix, count: number): void {
  for (let row = 0; row < count; row++) {
    const unit = rowOf(units, row);
    const share = unit.reduce((sum, value, index) => sum + value * vector[index]!, 0);
    for (let index = 0; index < vector.length; index++) vector[index]! -= share * unit[index]!;
  }
}

function lengthOf(vector: Float64Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}

/** The decomposition's first `count` values and vectors; all, if there are no more. */
export function truncateSvd({ u, s, v }: Svd, count: number): Svd {
  const kept = Math.min(count, s.length);
  return { u: sliceColumns(u, 0, kept), s: s.slice(0, kept), v: sliceColumns(v, 0, kept) };
}
