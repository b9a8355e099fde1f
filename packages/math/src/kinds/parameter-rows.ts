// Computes the update of a raw parameter row by row: an expert's rows have their own factors.

import { toAB, type Update } from "../update/factor.ts";
import { plainLayout, readStored } from "../update/file-layout.ts";
import type { RowUpdate } from "../update/row-update.ts";
import { type RawParameter, rawMatrixSizes } from "./parameter.ts";

/** Like `parameterDelta`, in the order of the parameter's file. */
export async function parameterRows(update: Update, parameter: RawParameter, scale: number): Promise<RowUpdate> {
  const sizes = rawMatrixSizes(parameter);
  if (sizes === null) throw new TypeError(`A parameter of shape [${parameter.shape}] cannot have A and B.`);
  const { experts, inFeatures, outFeatures } = sizes;
  const matrices = toAB(update);
  const a = (await readStored(matrices.a, plainLayout)).values; // [inFeatures, experts·rank], the columns of an expert next to each other
  const b = (await readStored(matrices.b, plainLayout)).values; // [rank·experts, outFeatures], experts innermost
  const rank = matrices.a.shape[1] / experts;
  const fromA = (expert: number, index: number, input: number) =>
    a[(input * experts + expert) * rank + index] as number;
  const fromB = (expert: number, index: number, output: number) =>
    b[(index * experts + expert) * outFeatures + output] as number;
  // The rows of a single matrix are its outputs in the file.
  const [rows, columns] = parameter.isStackedInOut ? [inFeatures, outFeatures] : [outFeatures, inFeatures];
  const [ofRow, ofColumn] = parameter.isStackedInOut ? [fromA, fromB] : [fromB, fromA];
  const left = new Float32Array(experts * rows * rank);
  const right = new Float32Array(experts * rank * columns);
  for (let expert = 0; expert < experts; expert += 1)
    for (let index = 0; index < rank; index += 1) {
      for (let row = 0; row < rows; row += 1) left[(expert * rows + row) * rank + index] = ofRow(expert, index, row);
      for (let column = 0; column < columns; column += 1)
        right[(expert * rank + index) * columns + column] = ofColumn(expert, index, column);
    }
  return { scale, rank, left, right, groups: experts, outputs: parameter.isStackedInOut ? "columns" : "rows" };
}
