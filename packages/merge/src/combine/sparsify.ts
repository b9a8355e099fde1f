// The four ways to combine matrices of the same shape, by how entries are dropped and how the rest is added up.

import type { Matrix } from "@lowrank/math";
import type { MaskRequest, MethodSettings } from "./combination-method.ts";
import { electedMean, keepLargest, keepMasked, type WeightedMatrix, weightedSum } from "./merge-entries.ts";

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
