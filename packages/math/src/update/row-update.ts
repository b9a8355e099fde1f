// An update row by row, in the order in which a file has its weight: whoever folds it into a weight that is larger than memory
// needs a few rows of both at a time.

import * as tf from "@tensorflow/tfjs-core";
import { asTwoMatrices, type TwoMatrices, type Update } from "./factor.ts";
import { type FileLayout, readStored, type StoredValues } from "./file-layout.ts";

/** scale·left·right, for a weight whose axes but the last – of a kernel: but the first – count as rows. */
export interface RowUpdate {
  readonly scale: number;
  readonly rank: number;
  /** [rows, rank] */
  readonly left: Float32Array;
  /** [groups, rank, columns]: as many rows, one after the other, share one of them (an expert's). */
  readonly right: Float32Array;
  readonly groups: number;
  /** Whether an output of the layer is a row of the file or a column. */
  readonly outputs: "rows" | "columns";
  /** The length that each output has afterwards, where it has a magnitude. */
  readonly lengths?: Float32Array;
}

/** The halves of an update as the rows of a file take them. */
export interface RowSides {
  readonly left: Side;
  readonly right: Side;
  readonly outputs: "rows" | "columns";
}

interface Side {
  readonly tensor: tf.Tensor2D;
  readonly layout: FileLayout;
}

/** Reads an update out, less what the pair took over of its weight. `sidesOf` says how halves lie in a file. */
export async function readRowUpdate(
  update: Update,
  scale: number,
  sidesOf: (matrices: TwoMatrices) => RowSides,
): Promise<RowUpdate> {
  const matrices = tf.tidy(() => {
    const { a, b } = asTwoMatrices(update);
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

/** Both beside each other: [left, −left']·[right; right']. */
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
