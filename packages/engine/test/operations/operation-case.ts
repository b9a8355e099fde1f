// One row of the table of operations: how its sizes are drawn, what is computed, and what that must equal.

import { fc } from "@fast-check/vitest";
import type * as tf from "@tensorflow/tfjs-core";

/** An operation at one choice of sizes and settings. */
export interface OperationUse {
  /** Shapes of the inputs for which it is differentiated. */
  readonly shapes: readonly (readonly number[])[];
  /** Makes what outlives a call, such as a frozen weight, on the engine in use; the result frees it. */
  readonly prepare?: () => () => void;
  /** Inputs are between −range and range. Default 1. */
  readonly range?: number;
  /** Entries of what is not differentiated, such as a frozen weight; each call reads them again, so that a test may change them. */
  readonly constants?: readonly Float32Array[];
  /**
   * Largest of the terms that cancel, in the value and in the gradient of each input, where what they leave can be much
   * smaller than their rounding.
   */
  readonly terms?: (...inputs: Float32Array[]) => readonly number[];
  /**
   * Why an infinite input may make infinite gradients where the twin's are NaN, if it may: what torch does. The same on every
   * engine all the same.
   */
  readonly keepsInfinities?: string;
  readonly compute: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** The same by plain operations of TensorFlow.js, whose gradients it derives itself. */
  readonly twin: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** The same in float64, on the entries alone. */
  readonly reference: (...inputs: Float64Array[]) => Float64Array;
}

/** What a row of the table is written as; `Settings` is plain data, which a failing test prints. */
export interface OperationDefinition<Settings> {
  readonly name: string;
  readonly settings: fc.Arbitrary<Settings>;
  /** Sizes at which kernels cut their work into pieces; too large to be drawn often. */
  readonly large: readonly Settings[];
  readonly use: (settings: Settings) => OperationUse;
}

/** A row of the table. */
export interface OperationCase {
  readonly name: string;
  readonly uses: fc.Arbitrary<OperationUse>;
  readonly large: readonly OperationUse[];
}

export function defineOperation<Settings>(definition: OperationDefinition<Settings>): OperationCase {
  const { name, settings, large, use } = definition;
  const printed = (chosen: Settings) => ({ ...use(chosen), [fc.toStringMethod]: () => JSON.stringify(chosen) });
  return { name, uses: settings.map(printed), large: large.map(printed) };
}

/** Small sizes, primes, and the neighbours of vector lengths. */
export const size: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 7 }) },
  { weight: 1, arbitrary: fc.constantFrom(8, 9, 13, 15, 16, 17, 31, 32, 33) },
);

/** Leading axes of a tensor whose rows an operation takes one by one; none, one, or zero rows too. */
export const leadingAxes: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: 0, max: 4 }), {
  minLength: 0,
  maxLength: 3,
});

/** An input that the shapes promise. */
export function required<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("An operation got fewer inputs than its case has shapes.");
  return value;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, axis) => product * axis, 1);
}
