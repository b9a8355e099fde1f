// The eigenvectors of a symmetric matrix with the smallest eigenvalues: Householder reflections make it tridiagonal, and the QL
// method with implicit shifts finds all eigenvalues (Golub & Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3; the steps
// are those of EISPACK's tql2). For the Gram matrix of a large weight this is much faster than an SVD of the weight.

import { createMatrix, type Matrix } from "@lowrank/math";
import { rowOf, settingError } from "@lowrank/math/internal";

/** Two or three sweeps for each eigenvalue are usual. */
const maxSweeps = 60;

/**
 * Orthonormal eigenvectors for the `count` smallest eigenvalues, as columns [side, count], the smallest first.
 *
 * @throws INVALID_SETTING for NaN and infinity
 */
export function smallestDirections(symmetric: Matrix, count: number): Matrix {
  if (!symmetric.values.every(Number.isFinite))
    throw settingError("smallestDirections", "symmetric", "NaN or infinity", "finite numbers");
  const { diagonal, offDiagonal, reflections } = tridiagonal(symmetric);
  const rotations = diagonalise(diagonal, offDiagonal);
  const order = Array.from(diagonal.keys()).sort((one, other) => diagonal[one]! - diagonal[other]!);
  const found = createMatrix(symmetric.rows, count);
  order.slice(0, count).forEach((row, column) => {
    const vector = new Float64Array(symmetric.rows);
    vector[row] = 1;
    rotateBack(vector, rotations);
    for (const unit of [...reflections].reverse()) reflect(vector.subarray(vector.length - unit.length), unit);
    vector.forEach((value, index) => {
      found.values[index * count + column] = value;
    });
  });
  return found;
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** The entries next to the diagonal; the last is 0. */
  readonly offDiagonal: Float64Array;
  /** The reflections' unit vectors in order. Each has the length of the reflected part at the end. */
  readonly reflections: readonly Float64Array[];
}

function tridiagonal({ rows: side, values }: Matrix): Tridiagonal {
  const rest: Matrix = { rows: side, columns: side, values: Float64Array.from(values) };
  const [diagonal, offDiagonal] = [new Float64Array(side), new Float64Array(side)];
  const reflections: Float64Array[] = [];
  for (let step = 0; step < side; step++) {
    const row = rowOf(rest, step);
    diagonal[step] = row[step]!;
    const next = row.slice(step + 1);
    if (next.length === 0) break;
    offDiagonal[step] = next[0]! > 0 ? -lengthOf(next) : lengthOf(next);
    next[0]! -= offDiagonal[step]!;
    const length = lengthOf(next);
    if (length === 0) continue; // only zeros
    const unit = next.map((value) => value / length);
    reflections.push(unit);
    reflectBothSides(rest, unit);
  }
  return { diagonal, offDiagonal, reflections };
}

/** H·A·H for H = 1 − 2·u·uᵀ in the last rows and columns: A − u·wᵀ − w·uᵀ, where p = 2·A·u and w = p − (uᵀp)·u. */
function reflectBothSides(matrix: Matrix, unit: Float64Array): void {
  const start = matrix.rows - unit.length;
  const rows = Array.from(unit, (_, index) => rowOf(matrix, start + index).subarray(start));
  const image = Float64Array.from(rows, (row) => 2 * dot(row, unit));
  const share = dot(unit, image);
  const change = image.map((value, index) => value - share * unit[index]!);
  rows.forEach((row, index) => {
    const [left, right] = [unit[index]!, change[index]!];
    for (let column = 0; column < row.length; column++) row[column]! -= left * change[column]! + right * unit[column]!;
  });
}

/**
 * Rotations of adjacent rows, in order: `rows` has the first row of each. Only the few needed vectors are rotated, backwards,
 * which costs a power of the side less than rotating all vectors forwards.
 */
interface Rotations {
  readonly rows: number[];
  readonly sines: number[];
  readonly cosines: number[];
}

/** Leaves the eigenvalues in `diagonal`. */
function diagonalise(diagonal: Float64Array, offDiagonal: Float64Array): Rotations {
  const rotations: Rotations = { rows: [], sines: [], cosines: [] };
  for (let first = 0; first < diagonal.length; first++) {
    for (let sweep = 0; sweep < maxSweeps; sweep++) {
      const last = endOfBlock({ diagonal, offDiagonal }, first);
      if (last === first) break;
      rotateBlock({ diagonal, offDiagonal, rotations }, first, last);
    }
  }
  return rotations;
}

function rotateBack(vector: Float64Array, { rows, sines, cosines }: Rotations): void {
  for (let index = rows.length - 1; index >= 0; index--) {
    const [row, sine, cosine] = [rows[index]!, sines[index]!, cosines[index]!];
    const [left, right] = [vector[row]!, vector[row + 1]!];
    vector[row] = cosine * left + sine * right;
    vector[row + 1] = cosine * right - sine * left;
  }
}

/** The end of the block that begins at `first`: the next off-diagonal entry is only rounding. */
function endOfBlock({ diagonal, offDiagonal }: Pick<Tridiagonal, "diagonal" | "offDiagonal">, first: number): number {
  let last = first;
  while (last + 1 < diagonal.length) {
    const size = Math.abs(diagonal[last]!) + Math.abs(diagonal[last + 1]!);
    if (Math.abs(offDiagonal[last]!) <= Number.EPSILON * size) break;
    last++;
  }
  return last;
}

interface Eigenproblem extends Pick<Tridiagonal, "diagonal" | "offDiagonal"> {
  readonly rotations: Rotations;
}

/** One QL step with Wilkinson's shift, by rotations of adjacent rows from the block's end to its beginning. */
function rotateBlock({ diagonal, offDiagonal, rotations }: Eigenproblem, first: number, last: number): void {
  const cotangent = (diagonal[first + 1]! - diagonal[first]!) / (2 * offDiagonal[first]!);
  const root = Math.hypot(cotangent, 1);
  let rest = diagonal[last]! - diagonal[first]! + offDiagonal[first]! / (cotangent + (cotangent < 0 ? -root : root));
  let [sine, cosine, taken] = [1, 1, 0];
  for (let row = last - 1; row >= first; row--) {
    const [across, along] = [sine * offDiagonal[row]!, cosine * offDiagonal[row]!];
    const length = Math.hypot(across, rest);
    offDiagonal[row + 1] = length;
    if (length === 0) {
      // The block splits.
      diagonal[row + 1]! -= taken;
      offDiagonal[last] = 0;
      return;
    }
    [sine, cosine] = [across / length, rest / length];
    const shifted = diagonal[row + 1]! - taken;
    const both = (diagonal[row]! - shifted) * sine + 2 * cosine * along;
    taken = sine * both;
    diagonal[row + 1] = shifted + taken;
    rest = cosine * both - along;
    rotations.rows.push(row);
    rotations.sines.push(sine);
    rotations.cosines.push(cosine);
  }
  diagonal[first]! -= taken;
  offDiagonal[first] = rest;
  offDiagonal[last] = 0;
}

function reflect(vector: Float64Array, unit: Float64Array): void {
  const share = 2 * dot(vector, unit);
  for (let index = 0; index < vector.length; index++) vector[index]! -= share * unit[index]!;
}

function dot(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += one[index]! * other[index]!;
  return sum;
}

function lengthOf(vector: Float64Array): number {
  return Math.sqrt(dot(vector, vector));
}
