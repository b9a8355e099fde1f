// Combining matrices entry by entry: what the methods do to A and B, or to whole updates. PEFT: utils/merge_utils.py.

import { createMatrix, type Matrix } from "@lowrank/math";
import type { MajoritySign } from "./combination-method.ts";

/** One matrix of several that are combined, all of the same shape. */
export interface WeightedMatrix {
  readonly matrix: Matrix;
  readonly weight: number;
}

/** Σ weight · matrix. */
export function weightedSum(parts: readonly WeightedMatrix[]): Matrix {
  const sum = emptyLike(parts);
  for (const { matrix, weight } of parts) {
    for (let index = 0; index < sum.values.length; index++) sum.values[index]! += weight * matrix.values[index]!;
  }
  return sum;
}

/**
 * For each entry, the sign that most matrices have there is elected, and the weighted mean of those that agree with it is
 * taken (Yadav et al. 2023, TIES). The election is held before weighting, as in PEFT.
 */
export function electedMean(parts: readonly WeightedMatrix[], majoritySign: MajoritySign): Matrix {
  const mean = emptyLike(parts);
  for (let index = 0; index < mean.values.length; index++) {
    const entries = parts.map(({ matrix }) => matrix.values[index]!);
    const votes = entries.reduce((sum, entry) => sum + (majoritySign === "total" ? entry : Math.sign(entry)), 0);
    const elected = votes >= 0 ? 1 : -1;
    let [sum, count] = [0, 0];
    entries.forEach((entry, part) => {
      if (Math.sign(entry) !== elected) return;
      sum += parts[part]!.weight * entry;
      count += 1;
    });
    mean.values[index] = sum / Math.max(1, count);
  }
  return mean;
}

/** Keeps the largest entries by magnitude, `density` of them, rounded down. */
export function keepLargest(matrix: Matrix, density: number): Matrix {
  const { values } = matrix;
  const count = Math.trunc(density * values.length);
  if (density >= 1) return matrix;
  const kept = createMatrix(matrix.rows, matrix.columns);
  const order = Array.from(values.keys()).sort((one, other) => Math.abs(values[other]!) - Math.abs(values[one]!));
  for (const index of order.slice(0, count)) kept.values[index] = values[index]!;
  return kept;
}

/**
 * Drops the largest `gamma` of all entries and as many of the smallest as leave `density` of them; where that would be fewer than
 * none, fewer of the largest (mergekit's `magnitude_outliers`).
 */
export function keepBetween(matrix: Matrix, density: number, gamma: number): Matrix {
  const { values } = matrix;
  const dropped = values.length - Math.trunc(density * values.length);
  const largest = Math.min(dropped, Math.trunc(gamma * values.length));
  const order = Array.from(values.keys()).sort((one, other) => Math.abs(values[one]!) - Math.abs(values[other]!));
  const kept = createMatrix(matrix.rows, matrix.columns);
  for (const index of order.slice(dropped - largest, values.length - largest)) kept.values[index] = values[index]!;
  return kept;
}

/** Keeps the entries that a mask of 0 and 1 names, divided by the density, so that the expected value stays. */
export function keepMasked(matrix: Matrix, mask: ArrayLike<number>, density: number): Matrix {
  const values = matrix.values.map((value, index) => (mask[index] ? value / density : 0));
  return { ...matrix, values };
}

function emptyLike(parts: readonly WeightedMatrix[]): Matrix {
  const { rows = 0, columns = 0 } = parts[0]?.matrix ?? {};
  return createMatrix(rows, columns);
}
