// Reads an update row by row in file order. A merge into a weight that is larger than memory needs only a few rows at a time.

import * as tf from "@tensorflow/tfjs-core";
import { type AB, toAB, type Update } from "./factor.ts";
import { type FileLayout, readStored, type StoredValues } from "./file-layout.ts";

/** scale·left·right, for a weight as a matrix: all axes except the last are rows; for a kernel, all except the first are columns. */
export interface RowUpdate {
  readonly scale: number;
  readonly rank: number;
  /** [rows, rank] */
  readonly left: Float32Array;
  /** [groups, rank, columns]: equal numbers of consecutive rows share one of the matrices (an expert's). */
  readonly right: Float32Array;
  readonly groups: number;
  /** Whether an output of the layer is a row of the file or a column. */
  readonly outputs: "rows" | "columns";
  /** The norm of each output's weights after the update, if it has a magnitude. */
  readonly magnitudes?: Float32Array;
}

/** A and B of an update in the order of a file's rows. */
export interface RowSides {
  readonly left: Side;
  readonly right: Side;
  readonly outputs: "rows" | "columns";
}

interface Side {
  readonly tensor: tf.Tensor2D;
  readonly layout: FileLayout;
}

/** Reads an update, minus the part of the weight that it replaces. `sidesOf` gives the layout of A and B in a file. */
export async function readRowUpdate(
  update: Update,
  scale: number,
  sidesOf: (matrices: AB) => RowSides,
): Promise<RowUpdate> {
  const matrices = tf.tidy(() => {
    const { a, b } = toAB(update);
    return { a: tf.clone(a), b: tf.clone(b) };
  });
  try {
    const sides = sidesOf(matrices);
    const [left, right] = await readSides(sides);
    const { baseChange } = update;
    const whole = {
      scale,
      rank: left.shape[1] ?? 0,
      left: left.values,
      right: right.values,
      groups: 1,
      outputs: sides.outputs,
    };
    if (baseChange?.kind !== "subtracted") return whole;
    const [leftTaken, rightTaken] = await readSides(sidesOf(baseChange));
    return withoutTaken(whole, leftTaken, rightTaken);
  } finally {
    tf.dispose([matrices.a, matrices.b]);
  }
}

async function readSides({ left, right }: RowSides): Promise<[StoredValues, StoredValues]> {
  return Promise.all([readStored(left.tensor, left.layout), readStored(right.tensor, right.layout)]);
}

/** Concatenates both: [left, −left']·[right; right']. */
function withoutTaken(update: RowUpdate, left: StoredValues, right: StoredValues): RowUpdate {
  const [rows = 0, taken = 0] = left.shape;
  const rank = update.rank + taken;
  const wide = new Float32Array(rows * rank);
  for (let row = 0; row < rows; row += 1) {
    wide.set(update.left.subarray(row * update.rank, (row + 1) * update.rank), row * rank);
    for (let index = 0; index < taken; index += 1)
      wide[row * rank + update.rank + index] = -(left.values[row * taken + index] as number);
  }
  const tall = new Float32Array(update.right.length + right.values.length);
  tall.set(update.right);
  tall.set(right.values, update.right.length);
  return { ...update, rank, left: wide, right: tall };
}
