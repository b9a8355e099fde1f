// The gradients of one optimizer step, averaged over its micro-batches, in one array that all steps reuse.

import type * as tf from "@tensorflow/tfjs-core";
import { addSquares } from "./clipping.ts";
import type { FlatLayout, VariableRange } from "./flat-layout.ts";
import { readEach } from "./flat-parameters.ts";
import type { GradientReduction } from "./gradient-reduction.ts";

/** Maximum numbers that are exchanged together with the gradients. */
const maxNumbers = 4;

/** Sums gradients in the ranges of the layout. */
export class FlatGradients {
  /** The sums. Ranges of variables without a gradient (`has`) contain numbers of an earlier step. */
  readonly values: Float32Array;
  /** The array that processes exchange: the values, then 0 or 1 for each variable (has a gradient), then numbers of the step. */
  readonly #exchanged: Float32Array;
  readonly #layout: FlatLayout;
  readonly #hasGradient: Uint8Array;

  constructor(layout: FlatLayout) {
    this.#layout = layout;
    this.#exchanged = new Float32Array(layout.size + layout.ranges.length + maxNumbers);
    this.values = this.#exchanged.subarray(0, layout.size);
    this.#hasGradient = new Uint8Array(layout.ranges.length);
  }

  clear(): void {
    this.#hasGradient.fill(0);
  }

  /** Whether the step has a gradient for the variable at this index of the layout. */
  has(index: number): boolean {
    return this.#hasGradient[index] === 1;
  }

  /** Adds `weight` times the gradients, given in the order of the layout. Each tensor is read once, directly into the array. */
  async add(gradients: readonly (tf.Tensor | undefined)[], weight: number): Promise<void> {
    const present = this.#layout.ranges.flatMap(({ start }, index) => {
      const gradient = gradients[index];
      return gradient === undefined ? [] : [{ index, start, gradient }];
    });
    await readEach(
      present.map(({ gradient }) => gradient),
      (values, order) => {
        const variable = present[order];
        if (variable !== undefined) this.#accumulate(variable, values, weight);
      },
    );
  }

  /**
   * Sums the gradients of all processes, and the given numbers, which it returns, in one exchange of one array. A variable has a
   * gradient if it has one in any process.
   */
  async reduce(reduction: GradientReduction, numbers: readonly number[]): Promise<number[]> {
    const { size, ranges } = this.#layout;
    for (const [index, { start, end }] of ranges.entries()) if (!this.has(index)) this.values.fill(0, start, end);
    this.#exchanged.set(this.#hasGradient, size);
    this.#exchanged.set(numbers, size + ranges.length);
    await reduction.allReduce(this.#exchanged);
    for (const index of ranges.keys()) this.#hasGradient[index] = this.#exchanged[size + index] === 0 ? 0 : 1;
    return [...this.#exchanged.subarray(size + ranges.length)].slice(0, numbers.length);
  }

  /** Divides every gradient of the step by `weight`. */
  divide(weight: number): void {
    if (weight === 1) return;
    for (const { start, end } of this.#ranges()) {
      for (let i = start; i < end; i += 1) this.values[i] = (this.values[i] as number) / weight;
    }
  }

  /** The Euclidean norm of all gradients of the step taken as one vector. */
  norm(): number {
    let sum = 0;
    for (const range of this.#ranges()) sum = addSquares(sum, this.values, range);
    return Math.sqrt(sum);
  }

  /** Names of the variables whose gradients are not finite. */
  nonFinite(): readonly string[] {
    return this.#ranges()
      .filter(({ start, end }) => !this.values.subarray(start, end).every(Number.isFinite))
      .map(({ name }) => name);
  }

  #accumulate(
    { index, start }: { readonly index: number; readonly start: number },
    gradient: Float32Array,
    weight: number,
  ) {
    const sums = this.values;
    const isFirst = !this.has(index);
    this.#hasGradient[index] = 1;
    if (isFirst && weight === 1) {
      sums.set(gradient, start);
      return;
    }
    for (let i = 0; i < gradient.length; i += 1) {
      const before = isFirst ? 0 : (sums[start + i] as number);
      sums[start + i] = before + (gradient[i] as number) * weight;
    }
  }

  #ranges(): readonly VariableRange[] {
    return this.#layout.ranges.filter((_, index) => this.has(index));
  }
}
