// Runs one use of an operation on the current engine, and its reference.

import * as tf from "@tensorflow/tfjs-core";
import { waveValues } from "../packed-matrices.ts";
import { at } from "./float64.ts";
import { type OperationUse, sizeOf } from "./operation-case.ts";

type TensorFunction = (...inputs: tf.Tensor[]) => tf.Tensor;

/** Entries of the inputs, without a pattern; the last input may be a gain, so none is all zeros. */
export function inputsOf({ shapes, range = 1 }: OperationUse): Float32Array[] {
  return shapes.map((shape, index) => waveValues(sizeOf(shape), index + 1).map((value) => range * value));
}

/** The value, then the gradient of each input; outputs are summed with uneven weights, so that no entry hides another. */
export async function valueAndGradients(
  compute: TensorFunction,
  use: OperationUse,
  inputs: readonly Float32Array[],
): Promise<readonly Float32Array[]> {
  const release = use.prepare?.();
  const tensors = tf.tidy(() => {
    const operands = inputs.map((values, index) => tf.tensor(values, [...(use.shapes[index] ?? [])]));
    const weighted = (...given: tf.Tensor[]) => {
      const output = compute(...given);
      return tf.sum(tf.mul(output, tf.tensor(outputWeights(output.size), output.shape)));
    };
    return [compute(...operands), ...tf.grads(weighted)(operands)];
  });
  release?.();
  return readAll(tensors);
}

/** The value alone. */
export async function computedValue(
  compute: TensorFunction,
  use: OperationUse,
  inputs: readonly Float32Array[],
): Promise<Float32Array> {
  const release = use.prepare?.();
  const output = tf.tidy(() =>
    compute(...inputs.map((values, index) => tf.tensor(values, [...(use.shapes[index] ?? [])]))),
  );
  release?.();
  const [values = new Float32Array()] = await readAll([output]);
  return values;
}

/** Central difference, in float64, of the reference's weighted sum for one entry of one input. */
export function referenceGradient(
  { reference }: OperationUse,
  inputs: readonly Float32Array[],
  entry: { readonly input: number; readonly position: number },
): number {
  const step = 1e-5;
  const sumAt = (shift: number) => {
    const moved = inputs.map((values) => Float64Array.from(values));
    const input = moved[entry.input];
    if (input !== undefined) input[entry.position] = at(input, entry.position) + shift;
    const output = reference(...moved);
    const weights = outputWeights(output.length);
    return output.reduce((sum, value, position) => sum + value * at(weights, position), 0);
  };
  return (sumAt(step) - sumAt(-step)) / (2 * step);
}

/** Evenly spread places of an input, at most `count`. */
export function someIndices(length: number, count: number): readonly number[] {
  const step = Math.max(1, Math.ceil(length / count));
  return Array.from({ length: Math.ceil(length / step) }, (_, index) => index * step);
}

function outputWeights(size: number): Float32Array {
  return waveValues(size, 0.37);
}

async function readAll(tensors: readonly tf.Tensor[]): Promise<readonly Float32Array[]> {
  const values = await Promise.all(tensors.map(async (tensor) => Float32Array.from(await tensor.data())));
  tf.dispose([...tensors]);
  return values;
}
