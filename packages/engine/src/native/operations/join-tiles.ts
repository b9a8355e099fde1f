// Softmax over tiles: each has its own maximum and sum; together they give the logarithm of the whole sum, and the factor
// that turns a tile's exponentials into probabilities.

export interface TileSums {
  readonly maxima: Float32Array;
  readonly sums: Float32Array;
}

export interface JoinedTiles {
  /** log Σ exp(logit) of each row. */
  readonly logSums: Float64Array;
  /** For each tile and row: exp(the tile's maximum − that sum). */
  readonly factors: readonly Float32Array[];
}

export function joinTiles(tiles: readonly TileSums[], rows: number): JoinedTiles {
  const logSums = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let highest = Number.NEGATIVE_INFINITY;
    for (const { maxima } of tiles) highest = Math.max(highest, maxima[row] ?? 0); // Math.max passes NaN on
    let sum = 0;
    for (const { maxima, sums } of tiles) sum += (sums[row] ?? 0) * Math.exp((maxima[row] ?? 0) - highest);
    logSums[row] = highest + Math.log(sum);
  }
  const factors = tiles.map(({ maxima }) => maxima.map((maximum, row) => Math.exp(maximum - (logSums[row] ?? 0))));
  return { logSums, factors };
}
