// φ(i, j) of all i and j at once: the paper's figures 3 and 4.

import { type Matrix, multiply, svd, transpose } from "@lowrank/math";

/**
 * Of two A [rank, inFeatures]: how much the first i directions of one and the first j of the other share, as `subspaceSimilarity` counts
 * it, at [i − 1][j − 1].
 */
export function similarityGrid(one: Matrix, other: Matrix): readonly (readonly number[])[] {
  // Both sides' directions are columns, so the sums of squares of their products are sums over corners of one matrix.
  const { rows, columns, values } = multiply(transpose(svd(one).v), svd(other).v);
  const grid: number[][] = [];
  for (let i = 0; i < rows; i++) {
    const line: number[] = [];
    let shared = 0;
    for (let j = 0; j < columns; j++) {
      shared += (values[i * columns + j] ?? 0) ** 2;
      const above = i === 0 ? 0 : (grid[i - 1]?.[j] ?? 0) * Math.min(i, j + 1);
      line.push((above + shared) / Math.min(i + 1, j + 1));
    }
    grid.push(line);
  }
  return grid;
}
