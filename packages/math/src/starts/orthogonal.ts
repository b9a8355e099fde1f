// A and B both start non-zero, yet A·B = 0, because they use orthogonal halves of the rank's space: both have a gradient
// from the first step on, and the weight stays what it is.

import { SettingError } from "../errors.ts";
import { createMatrix, type Matrix, multiply, tensorOfMatrix, transpose } from "../linear-algebra/matrix.ts";
import { normalMatrix } from "../linear-algebra/randomized-svd.ts";
import { thinQr } from "../linear-algebra/thin-qr.ts";
import { LoraPair } from "../pairs/lora-pair.ts";
import type { Initialization } from "./initialization.ts";

/** PEFT's choice: entries about as large as those of a usual start. */
const shrink = 0.1;

export const orthogonalStart: Initialization = {
  name: "orthogonal",
  source: "https://datta0.github.io/posts/rethink-lora-init, as PEFT's orthogonal_init has it",
  isDrawn: true,
  answersTo: (init) => init === "orthogonal",
  start({ inFeatures, outFeatures, rank, key, name }) {
    if (rank % 2 !== 0)
      throw new SettingError(`The pair "${name}" with the orthogonal start`, "rank", rank, "an even number");
    const draw = (rows: number, columns: number, part: string): Matrix =>
      normalMatrix(rows, columns, { seed: key.seed, path: `${key.path}.${part}` });
    const { q } = thinQr(draw(rank, rank, "orthogonal"));
    const a = multiply(draw(inFeatures, rank / 2, "lora_A"), everySecondRow(q, 0)); // [inFeatures, rank]
    const b = multiply(transpose(everySecondRow(q, 1)), draw(rank / 2, outFeatures, "lora_B")); // [rank, outFeatures]
    return LoraPair.fromTensors({ a: tensorOfMatrix(shrunk(a)), b: tensorOfMatrix(shrunk(b)), name });
  },
};

function everySecondRow({ rows, columns, values }: Matrix, first: number): Matrix {
  const half = createMatrix(rows / 2, columns);
  for (let row = 0; row < half.rows; row++) {
    const from = (2 * row + first) * columns;
    half.values.set(values.subarray(from, from + columns), row * columns);
  }
  return half;
}

function shrunk(matrix: Matrix): Matrix {
  return { ...matrix, values: matrix.values.map((value) => value * shrink) };
}
