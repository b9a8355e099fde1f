// Drops entries of matrices of the same shape, and adds up the rest.

import { createMatrix, type Matrix } from "@lowrank/math";
import type { MajoritySign, MaskRequest, MethodSettings } from "./combination-method.ts";

/** One of several matrices of the same shape, with its weight and its adapter. */
interface MatrixOfAdapter {
  readonly matrix: Matrix;
  readonly weight: number;
  readonly adapter: number;
  readonly part: MaskRequest["part"];
}

/** Combines matrices of the same shape. */
export type MatrixMerge = (parts: readonly MatrixOfAdapter[], settings: MethodSettings) => Matrix;

/** Sets the dropped entries of a matrix to 0. */
type Drop = (part: MatrixOfAdapter, settings: MethodSettings) => Matrix;

/** Task arithmetic (Ilharco et al. 2023): the weighted sum. */
export const sum: MatrixMerge = (parts) => weightedSum(parts);

/** The weighted sum of the kept entries. */
export function sumOf(drop: Drop): MatrixMerge {
  return (parts, settings) => weightedSum(dropped(parts, drop, settings));
}

/** TIES (Yadav et al. 2023): of the kept entries, those with the elected sign. */
export function elected(drop: Drop): MatrixMerge {
  return (parts, settings) => electedMean(dropped(parts, drop, settings), settings.majoritySign);
}

function dropped(parts: readonly MatrixOfAdapter[], drop: Drop, settings: MethodSettings): readonly MatrixOfAdapter[] {
  return parts.map((part) => ({ ...part, matrix: drop(part, settings) }));
}

/** Keeps the largest entries by magnitude, a share of `density`, rounded down. */
export const largest: Drop = ({ matrix }, { density }) => {
  if (density >= 1) return matrix;
  const order = bySize(matrix, (one, other) => other - one);
  return only(matrix, order.slice(0, Math.trunc(density * order.length)));
};

/**
 * Model breadcrumbs (Davari & Belilovsky 2023): drops the largest entries, which are outliers, and the smallest. First the
 * largest `gamma` of all, then the smallest until `density` of them are left. If that number is negative, fewer of the largest
 * are dropped (mergekit's `magnitude_outliers`).
 */
export const middle: Drop = ({ matrix }, { density, gamma }) => {
  const order = bySize(matrix, (one, other) => one - other);
  const droppedCount = order.length - Math.trunc(density * order.length);
  const outliers = Math.min(droppedCount, Math.trunc(gamma * order.length));
  return only(matrix, order.slice(droppedCount - outliers, order.length - outliers));
};

function bySize({ values }: Matrix, compare: (one: number, other: number) => number): readonly number[] {
  return Array.from(values.keys()).sort((one, other) => compare(Math.abs(values[one]!), Math.abs(values[other]!)));
}

/** The entries at the given indices, and zeros elsewhere. */
function only({ rows, columns, values }: Matrix, positions: readonly number[]): Matrix {
  const sparse = createMatrix(rows, columns);
  for (const position of positions) sparse.values[position] = values[position]!;
  return sparse;
}

/** DARE (Yu et al. 2024): drops entries at random, and divides the others by the density to keep the expected value. */
export const random: Drop = ({ matrix, part, adapter }, { path, density, mask }) => {
  if (density >= 1) return matrix;
  const { rows, columns } = matrix;
  const stays = mask({ path, part, adapter, rows, columns });
  return { ...matrix, values: matrix.values.map((value, index) => (stays[index] ? value / density : 0)) };
};

/**
 * DELLA (Deep et al. 2024): like DARE, but large entries of a row are kept with a higher probability than small ones. Each is
 * divided by its own probability.
 */
export const byRank: Drop = ({ matrix, part, adapter }, { path, density, epsilon, mask }) => {
  if (density >= 1) return matrix;
  const { rows, columns } = matrix;
  const probabilities = probabilitiesByRank(matrix, density, epsilon);
  const stays = mask({ path, part, adapter, rows, columns, probabilities });
  const sparse = matrix.values.map((value, index) => (stays[index] ? value / (probabilities[index] as number) : 0));
  return { ...matrix, values: sparse };
};

/** From density − epsilon for the smallest entry of a row to density + epsilon for the largest (mergekit's `della_magprune`). */
function probabilitiesByRank({ rows, columns, values }: Matrix, density: number, epsilon: number): Float64Array {
  const probabilities = new Float64Array(values.length);
  for (let row = 0; row < rows; row += 1) {
    const start = row * columns;
    const size = (index: number) => Math.abs(values[start + index] as number);
    const order = Array.from({ length: columns }, (_, index) => index).sort((one, other) => size(one) - size(other));
    order.forEach((index, rank) => {
      const share = columns === 1 ? 0.5 : rank / (columns - 1);
      probabilities[start + index] = density - epsilon + share * 2 * epsilon;
    });
  }
  return probabilities;
}

/** Σ weight · matrix. */
function weightedSum(parts: readonly MatrixOfAdapter[]): Matrix {
  const sum = emptyLike(parts);
  for (const { matrix, weight } of parts) {
    for (let index = 0; index < sum.values.length; index++) sum.values[index]! += weight * matrix.values[index]!;
  }
  return sum;
}

/**
 * For each entry, the majority sign is elected, and the weighted mean of the matrices with this sign is taken (Yadav et al. 2023,
 * TIES). The election ignores the weights, as in PEFT.
 */
function electedMean(parts: readonly MatrixOfAdapter[], majoritySign: MajoritySign): Matrix {
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

function emptyLike(parts: readonly MatrixOfAdapter[]): Matrix {
  const { rows = 0, columns = 0 } = parts[0]?.matrix ?? {};
  return createMatrix(rows, columns);
}
