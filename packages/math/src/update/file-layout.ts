// Layouts of tensors in torch files and in memory. Each layout is two inverse functions.

import type { ConvolutionGeometry } from "@lowrank/contracts/internal";
import { borrowedValues } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";

/** Values as a torch file stores them, row by row. */
export interface StoredValues {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A layout in a file and in memory. Both functions return a new tensor and do not change their input. */
export interface FileLayout {
  /** To the layout of a torch file. Also maps gradients. */
  toFile(tensor: tf.Tensor): tf.Tensor;
  /** To the layout in memory. */
  fromFile(tensor: tf.Tensor): tf.Tensor;
}

/** The same layout in file and memory. */
export const plainLayout: FileLayout = { toFile: (tensor) => tf.clone(tensor), fromFile: (tensor) => tf.clone(tensor) };

/** A matrix that is transposed in the file: torch's [outFeatures, inFeatures]. */
export const transposedLayout: FileLayout = {
  toFile: (tensor) => tf.transpose(tensor),
  fromFile: (tensor) => tf.transpose(tensor),
};

/** The same values with another shape: a magnitude [outFeatures] that a file has as [1, outFeatures, 1, 1]. */
export function reshapedLayout(computed: readonly number[], stored: readonly number[]): FileLayout {
  return {
    toFile: (tensor) => tf.reshape(tensor, [...stored]),
    fromFile: (tensor) => tf.reshape(tensor, [...computed]),
  };
}

/** A kernel: [height·width·inFeatures, outFeatures] in memory, [outFeatures, inFeatures, height, width] in the file, or without height. */
export function kernelLayout(sizes: {
  readonly kernel: ConvolutionGeometry["kernel"];
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly axesInFile?: 1 | 2 | undefined;
}): FileLayout {
  const { kernel, inFeatures, outFeatures, axesInFile = 2 } = sizes;
  const spatial = kernelInFile(kernel, axesInFile);
  return {
    toFile: (tensor) =>
      tf.tidy(() => {
        const lifted = tf.reshape(tensor, [...kernel, inFeatures, outFeatures]);
        return tf.reshape(tf.transpose(lifted, [3, 2, 0, 1]), [outFeatures, inFeatures, ...spatial]);
      }),
    fromFile: (tensor) =>
      tf.tidy(() => {
        const lifted = tf.reshape(tensor, [outFeatures, inFeatures, ...kernel]);
        const rows = kernel[0] * kernel[1] * inFeatures;
        return tf.reshape(tf.transpose(lifted, [2, 3, 1, 0]), [rows, outFeatures]);
      }),
  };
}

/** The spatial axes of a kernel's shape in a file. */
export function kernelInFile(kernel: ConvolutionGeometry["kernel"], axesInFile: 1 | 2 = 2): readonly number[] {
  return axesInFile === 1 ? [kernel[1]] : [...kernel];
}

/** Reads a tensor's values in the layout of files. */
export async function readStored(tensor: tf.Tensor, layout: FileLayout): Promise<StoredValues> {
  if (layout === transposedLayout) return readTransposed(tensor);
  const stored = layout.toFile(tensor);
  try {
    const values = borrowedValues(stored) ?? (await stored.data<"float32">());
    return { shape: [...stored.shape], values: values.slice() };
  } finally {
    stored.dispose();
  }
}

/** Transposes while copying: a tensor for each of an adapter's hundreds of small matrices would cost more. */
async function readTransposed(matrix: tf.Tensor): Promise<StoredValues> {
  const [rows = 0, columns = 0] = matrix.shape;
  const values = borrowedValues(matrix) ?? (await matrix.data<"float32">());
  return { shape: [columns, rows], values: transposedValues(values, rows, columns) };
}

/** Four rows at a time become four adjacent values: 1.5 times as fast as one row after another. */
function transposedValues(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length); // [columns, rows]
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    let first = row * columns;
    let second = first + columns;
    let third = second + columns;
    let fourth = third + columns;
    for (let index = row; index < result.length; index += rows) {
      result[index] = values[first++] as number;
      result[index + 1] = values[second++] as number;
      result[index + 2] = values[third++] as number;
      result[index + 3] = values[fourth++] as number;
    }
  }
  for (; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = values[row * columns + column] as number;
  return result;
}

/** A tensor in the layout of memory. The caller owns it. */
export function fromStored({ shape, values }: StoredValues, layout: FileLayout): tf.Tensor {
  return tf.tidy(() => layout.fromFile(tf.tensor(values, [...shape], "float32")));
}

/** A matrix as a torch file stores it. */
export type TorchMatrix = StoredValues;

/** A and B as PEFT stores them: A [rank, inFeatures] and B [outFeatures, rank], or kernels with more axes. */
export interface TorchMatrices {
  readonly a: TorchMatrix;
  readonly b: TorchMatrix;
}
