// Combined factors as the tensors of an adapter.

import type { AdapterTensor } from "@lowrank/adapter-format";
import { listed } from "@lowrank/contracts";
import { createMatrix, type Matrix } from "@lowrank/math";
import type { Factors } from "./combination-method.ts";
import { CombinationSettingError } from "./errors.ts";
import type { CombinedLayer } from "./read-pairs.ts";

/** Both factors with as many rows and columns as the configuration says, in the layout of files. */
export function storedFactors(
  { keys, kernels }: CombinedLayer,
  { a, b }: Factors,
  rank: number,
): [string, AdapterTensor][] {
  const wideA = resized(a, rank, a.columns);
  const wideB = resized(b, b.rows, rank);
  const inFeatures = a.columns / kernels.a.reduce((product, size) => product * size, 1);
  return [
    [keys.a, { shape: [rank, inFeatures, ...kernels.a], values: Float32Array.from(wideA.values) }],
    [keys.b, { shape: [b.rows, rank, ...kernels.b], values: Float32Array.from(wideB.values) }],
  ];
}

/** All adapters are finite, so it is the weights that float32 cannot hold the result of. */
export function checkFinite(tensors: ReadonlyMap<string, AdapterTensor>): void {
  const broken = [...tensors].filter(([, { values }]) => !values.every(Number.isFinite)).map(([key]) => key);
  if (broken.length === 0) return;
  const expected = "weights with which float32 can hold the result";
  throw new CombinationSettingError("weights", `such that ${listed(broken)} would be infinite`, expected);
}

/** Zeros where the matrix ends. */
function resized(matrix: Matrix, rows: number, columns: number): Matrix {
  if (matrix.rows === rows && matrix.columns === columns) return matrix;
  const larger = createMatrix(rows, columns);
  for (let row = 0; row < matrix.rows; row++) {
    const values = matrix.values.subarray(row * matrix.columns, (row + 1) * matrix.columns);
    larger.values.set(values, row * columns);
  }
  return larger;
}
