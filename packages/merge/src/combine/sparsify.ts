// The four ways to combine matrices of the same shape, by how entries are dropped and how the rest is added up.

import { createMatrix, type Matrix } from "@lowrank/math";
import type { MajoritySign, MaskRequest, MethodSettings } from "./combination-method.ts";

/** A matrix, its weight, and whose it is. */
interface MatrixOfAdapter extends WeightedMatrix {
  readonly adapter: number;
  readonly part: MaskRequest["part"];
}

/** Combines matrices of the same shape. */
export type MatrixMerge = (parts: readonly MatrixOfAdapter[], settings: MethodSettings) => Matrix;

/** Task arithmetic (Ilharco et al. 2023): the weighted sum. */
export const sum: MatrixMerge = (parts) => weightedSum(parts);

/** Only the largest entries of each are added up. */
export const sumOfLargest: MatrixMerge = (parts, { density }) =>
  weightedSum(parts.map((part) => ({ ...part, matrix: keepLargest(part.matrix, density) })));

/** TIES (Yadav et al. 2023): the largest entries, and of these the ones with the elected sign. */
export const electedLargest: MatrixMerge = (parts, { density, majoritySign }) =>
  electedMean(
    parts.map((part) => ({ ...part, matrix: keepLargest(part.matrix, density) })),
    majoritySign,
  );

/** Model breadcrumbs (Davari & Belilovsky 2023): neither the largest entries, which are outliers, nor the smallest. */
export const sumOfMiddle: MatrixMerge = (parts, settings) => weightedSum(middle(parts, settings));

/** Breadcrumbs, then TIES' election. */
export const electedMiddle: MatrixMerge = (parts, settings) =>
  electedMean(middle(parts, settings), settings.majoritySign);

/** DELLA (Deep et al. 2024) without its election: as DARE, but in each row large entries stay more often than small ones. */
export const sumOfLikely: MatrixMerge = (parts, settings) => weightedSum(droppedByRank(parts, settings));

/** DELLA: dropping by rank, then the election of TIES. */
export const electedLikely: MatrixMerge = (parts, settings) =>
  electedMean(droppedByRank(parts, settings), settings.majoritySign);

/** DARE (Yu et al. 2024): entries are dropped at random, the rest grows. */
export const sumOfRandom: MatrixMerge = (parts, settings) => weightedSum(dropped(parts, settings));

/** DARE, then TIES' election. */
export const electedRandom: MatrixMerge = (parts, settings) =>
  electedMean(dropped(parts, settings), settings.majoritySign);

function dropped(
  parts: readonly MatrixOfAdapter[],
  { path, density, mask }: MethodSettings,
): readonly MatrixOfAdapter[] {
  if (density >= 1) return parts;
  return parts.map(({ matrix, part, adapter, weight }) => {
    const { rows, columns } = matrix;
    const stays = mask({ path, part, adapter, rows, columns });
    return { matrix: keepMasked(matrix, stays, density), part, adapter, weight };
  });
}

function middle(parts: readonly MatrixOfAdapter[], { density, gamma }: MethodSettings): readonly MatrixOfAdapter[] {
  return parts.map((part) => ({ ...part, matrix: keepBetween(part.matrix, density, gamma) }));
}

/** Each entry that stays is divided by its own probability, so that the expected update stays, as in the paper. */
function droppedByRank(
  parts: readonly MatrixOfAdapter[],
  { path, density, epsilon, mask }: MethodSettings,
): readonly MatrixOfAdapter[] {
  if (density >= 1) return parts;
  return parts.map((one) => {
    const { rows, columns, values } = one.matrix;
    const probabilities = probabilitiesByRank(one.matrix, density, epsilon);
    const stays = mask({ path, part: one.part, adapter: one.adapter, rows, columns, probabilities });
    const kept = values.map((value, index) => (stays[index] ? value / (probabilities[index] as number) : 0));
    return { ...one, matrix: { rows, columns, values: kept } };
  });
}

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

/** One matrix of several that are combined, all of the same shape. */
interface WeightedMatrix {
  readonly matrix: Matrix;
  readonly weight: number;
}

/** Σ weight · matrix. */
function weightedSum(parts: readonly WeightedMatrix[]): Matrix {
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
function electedMean(parts: readonly WeightedMatrix[], majoritySign: MajoritySign): Matrix {
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
function keepLargest(matrix: Matrix, density: number): Matrix {
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
function keepBetween(matrix: Matrix, density: number, gamma: number): Matrix {
  const { values } = matrix;
  const dropped = values.length - Math.trunc(density * values.length);
  const largest = Math.min(dropped, Math.trunc(gamma * values.length));
  const order = Array.from(values.keys()).sort((one, other) => Math.abs(values[one]!) - Math.abs(values[other]!));
  const kept = createMatrix(matrix.rows, matrix.columns);
  for (const index of order.slice(dropped - largest, values.length - largest)) kept.values[index] = values[index]!;
  return kept;
}

/** Keeps the entries that a mask of 0 and 1 names, divided by the density, so that the expected value stays. */
function keepMasked(matrix: Matrix, mask: ArrayLike<number>, density: number): Matrix {
  const values = matrix.values.map((value, index) => (mask[index] ? value / density : 0));
  return { ...matrix, values };
}

function emptyLike(parts: readonly WeightedMatrix[]): Matrix {
  const { rows = 0, columns = 0 } = parts[0]?.matrix ?? {};
  return createMatrix(rows, columns);
}
