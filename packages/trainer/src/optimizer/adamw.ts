// AdamW (Loshchilov & Hutter 2019) as torch computes it, on plain arrays: the state of all variables of a run lies in two.
//
// TensorFlow.js' own Adam pairs its state with variables by their position and multiplies up the powers of beta, so
// that a changed set of variables silently mixes states and a resumed run differs from an uninterrupted one. Here each
// variable has its own integer count of updates, from which the bias correction is computed anew: one without a gradient
// keeps its state. A LoRA adapter is small, so the update is not worth a kernel launch for each of its tensors: plain loops
// are exact and alike on every backend.

import { type AdamWOptions, type AdamWRange, updateRange } from "./adamw-range.ts";
import type { FlatGradients } from "./flat-gradients.ts";
import type { FlatLayout, Place } from "./flat-layout.ts";

/** Running means of one variable's gradient and its square, and how often it was updated. */
export interface Moments {
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly updates: number;
}

/** What one update is made with. */
export interface AdamWUpdate {
  /** Changed in place. */
  readonly values: Float32Array;
  readonly gradients: FlatGradients;
  /** Every gradient is multiplied by it: clipping. */
  readonly gradientFactor: number;
  /** Learning rate and weight decay of a variable. */
  ratesOf(place: Place): { readonly learningRate: number; readonly weightDecay: number };
}

/** The optimiser of a run. */
export class AdamW {
  readonly #layout: FlatLayout;
  readonly #options: AdamWOptions;
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  readonly #updates: number[];

  constructor(layout: FlatLayout, options: AdamWOptions) {
    this.#layout = layout;
    this.#options = options;
    this.#first = new Float32Array(layout.size);
    this.#second = new Float32Array(layout.size);
    this.#updates = layout.places.map(() => 0);
  }

  /** Updates every variable that has a gradient. */
  update({ values, gradients, gradientFactor, ratesOf }: AdamWUpdate): void {
    const arrays = { values, next: values, gradients: gradients.values, first: this.#first, second: this.#second };
    const options = { ...this.#options, gradientFactor };
    for (const range of this.#ranges(gradients, ratesOf)) updateRange(arrays, range, options);
  }

  /** A copy of everything that the next update depends on; a variable that never had a gradient is missing. */
  capture(): ReadonlyMap<string, Moments> {
    const entries = this.#layout.places.map(({ name, start, end }, index): [string, Moments] => [
      name,
      {
        first: this.#first.slice(start, end),
        second: this.#second.slice(start, end),
        updates: this.#updates[index] ?? 0,
      },
    ]);
    return new Map(entries.filter(([, { updates }]) => updates > 0));
  }

  /** Goes on from a captured state. */
  restore(state: ReadonlyMap<string, Moments>): void {
    for (const [index, { name, start, end }] of this.#layout.places.entries()) {
      const moments = state.get(name);
      this.#updates[index] = moments?.updates ?? 0;
      if (moments === undefined) {
        this.#first.fill(0, start, end);
        this.#second.fill(0, start, end);
      } else {
        this.#first.set(moments.first, start);
        this.#second.set(moments.second, start);
      }
    }
  }

  /** Neighbours that are updated alike become one range. */
  #ranges(gradients: FlatGradients, ratesOf: AdamWUpdate["ratesOf"]): readonly AdamWRange[] {
    const ranges: AdamWRange[] = [];
    for (const [index, place] of this.#layout.places.entries()) {
      if (!gradients.has(index)) continue;
      const updates = (this.#updates[index] ?? 0) + 1;
      this.#updates[index] = updates;
      const range = { start: place.start, end: place.end, updates, ...ratesOf(place) };
      const last = ranges.at(-1);
      if (last !== undefined && last.end === range.start && isAlike(last, range)) {
        ranges[ranges.length - 1] = { ...last, end: range.end };
      } else ranges.push(range);
    }
    return ranges;
  }
}

function isAlike(one: AdamWRange, other: AdamWRange): boolean {
  return (
    one.updates === other.updates && one.learningRate === other.learningRate && one.weightDecay === other.weightDecay
  );
}
