// AdamW (Loshchilov & Hutter 2019) as torch computes it, on plain arrays and keyed by name.
//
// TensorFlow.js' own Adam pairs its state with variables by their position and multiplies up the powers of beta, so
// that a changed set of variables silently mixes states and a resumed run differs from an uninterrupted one. Here each
// name has its own integer count, from which the bias correction is computed anew. A LoRA adapter is small, so the
// update is not worth a kernel launch for each of its tensors: plain loops are exact and alike on every backend.

import { type AdamWOptions, updateRange } from "./adamw-range.ts";

/** What one variable's update is made with. */
export interface AdamWUpdate {
  readonly learningRate: number;
  /** Share of the value that is taken away, times the learning rate: decoupled from the gradient. */
  readonly weightDecay: number;
}

/** Running means of one variable's gradient and its square, and how often it was updated. */
export interface Moments {
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly updates: number;
}

/**
 * The optimiser's state and its update rule.
 *
 * @example
 * ```ts
 * import { AdamW } from "@lowrank/trainer";
 *
 * const optimizer = new AdamW({ betas: [0.9, 0.999], epsilon: 1e-8 });
 * const next = optimizer.update("w", Float32Array.of(1), Float32Array.of(0.5), { learningRate: 0.1, weightDecay: 0 });
 * if (Math.abs((next[0] ?? 0) - 0.9) > 1e-6) throw new Error("the first step has the size of the learning rate");
 * ```
 */
export class AdamW {
  readonly #options: AdamWOptions;
  readonly #moments = new Map<string, { first: Float32Array; second: Float32Array; updates: number }>();

  constructor(options: AdamWOptions) {
    this.#options = options;
  }

  /** New values of a variable; `values` and `gradient` stay as they are. A name not updated keeps its state. */
  update(name: string, values: Float32Array, gradient: Float32Array, update: AdamWUpdate): Float32Array {
    const moments = this.#momentsOf(name, values.length);
    moments.updates += 1;
    const { first, second, updates } = moments;
    const next = new Float32Array(values.length);
    const range = { ...update, start: 0, end: values.length, updates };
    updateRange({ values, next, gradients: gradient, first, second }, range, { ...this.#options, gradientFactor: 1 });
    return next;
  }

  /** A copy of everything that the next update depends on. */
  capture(): ReadonlyMap<string, Moments> {
    const copies = [...this.#moments].map(([name, { first, second, updates }]) => {
      return [name, { first: first.slice(), second: second.slice(), updates }] as const;
    });
    return new Map(copies);
  }

  /** Goes on from a captured state. */
  restore(state: ReadonlyMap<string, Moments>): void {
    this.#moments.clear();
    for (const [name, { first, second, updates }] of state) {
      this.#moments.set(name, { first: first.slice(), second: second.slice(), updates });
    }
  }

  #momentsOf(name: string, size: number): { first: Float32Array; second: Float32Array; updates: number } {
    const known = this.#moments.get(name);
    if (known !== undefined) return known;
    const fresh = { first: new Float32Array(size), second: new Float32Array(size), updates: 0 };
    this.#moments.set(name, fresh);
    return fresh;
  }
}
