// Compares a gradient with finite differences, a check that shares no code with the gradient.

import * as tf from "@tensorflow/tfjs-core";
import { largestMagnitude } from "./close.ts";

/** How `expectGradients` compares. */
export interface GradientCheckOptions {
  /** Step of the central difference; float32 has its smallest error near 1e-2 for values of order 1. */
  readonly step?: number;
  /** Largest difference allowed, relative to the largest entry of the input's gradient (but at least to 1e-3). */
  readonly tolerance?: number;
  /** At most this many entries of each input are tried, evenly spread. */
  readonly entries?: number;
}

/**
 * Throws unless the gradients of `f` with respect to each input agree with central finite differences. The output may
 * have any shape: it is reduced to a number with fixed uneven weights, so that no entry hides behind another.
 *
 * `f` is called with fresh tensors of the inputs' shapes and must be deterministic. In Node the caller imports
 * "@lowrank/engine/gradients" first.
 */
export async function expectGradients(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  options: GradientCheckOptions = {},
): Promise<void> {
  const { step = 1e-2, tolerance = 1e-2, entries = 48 } = options;
  const values = await Promise.all(inputs.map(async (input) => Float32Array.from(await input.data())));
  const shapes = inputs.map((input) => input.shape);
  const analytic = await analyticGradients(f, values, shapes);
  for (const [which, gradient] of analytic.entries()) {
    const scale = Math.max(largestMagnitude(gradient), 1e-3);
    for (const index of spread(gradient.length, entries)) {
      const numeric = await centralDifference(f, { values, shapes, which, index, step });
      const difference = Math.abs(numeric - (gradient[index] ?? 0));
      if (difference <= tolerance * scale) continue;
      throw new Error(
        `Gradient of input ${which}, entry ${index}: ${gradient[index]}, but finite differences give ${numeric} (tolerance ${tolerance} of ${scale}).`,
      );
    }
  }
}

type TensorFunction = (...inputs: tf.Tensor[]) => tf.Tensor;

async function analyticGradients(
  f: TensorFunction,
  values: readonly Float32Array[],
  shapes: readonly number[][],
): Promise<readonly Float32Array[]> {
  const gradients = tf.tidy(() => {
    const tensors = values.map((value, index) => tf.tensor(value, shapes[index] ?? []));
    const weighted = (...arguments_: tf.Tensor[]): tf.Tensor => {
      const output = f(...arguments_);
      return tf.sum(tf.mul(output, tf.tensor(weights(output.size), output.shape)));
    };
    return tf.grads(weighted)(tensors);
  });
  const result = await Promise.all(gradients.map(async (gradient) => Float32Array.from(await gradient.data())));
  tf.dispose(gradients);
  return result;
}

async function centralDifference(
  f: TensorFunction,
  at: {
    readonly values: readonly Float32Array[];
    readonly shapes: readonly number[][];
    readonly which: number;
    readonly index: number;
    readonly step: number;
  },
): Promise<number> {
  const upper = await weightedOutput(f, at, at.step);
  const lower = await weightedOutput(f, at, -at.step);
  return (upper - lower) / (2 * at.step);
}

/** Summed in float64, since the difference of two float32 sums would lose the digits that matter. */
async function weightedOutput(
  f: TensorFunction,
  at: {
    readonly values: readonly Float32Array[];
    readonly shapes: readonly number[][];
    readonly which: number;
    readonly index: number;
  },
  shift: number,
): Promise<number> {
  const output = tf.tidy(() => {
    const tensors = at.values.map((value, index) => {
      const moved =
        index === at.which ? value.map((entry, position) => (position === at.index ? entry + shift : entry)) : value;
      return tf.tensor(moved, at.shapes[index] ?? []);
    });
    return f(...tensors);
  });
  const values = await output.data();
  output.dispose();
  const weight = weights(values.length);
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += (values[index] ?? 0) * (weight[index] ?? 0);
  return sum;
}

/** Numbers between 0.5 and 1.5 without a pattern that a wrong gradient could share. */
function weights(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => 0.5 + ((index * 0.618034) % 1));
}

function spread(count: number, max: number): readonly number[] {
  const tried = Math.min(count, max);
  return Array.from({ length: tried }, (_, index) => Math.floor((index * count) / tried));
}
