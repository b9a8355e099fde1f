// The variables' values in one array, read from the backend only when somebody else has written them.

import { borrowedValues, currentBackend } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import type { FlatLayout, Place } from "./flat-layout.ts";

/** Keeps the array beside the variables. */
export class FlatParameters {
  readonly #layout: FlatLayout;
  readonly #values: Float32Array;
  /** By place; a variable's changes with every assignment, so it tells whether the array still has its values. */
  readonly #known: (object | undefined)[];

  constructor(layout: FlatLayout) {
    this.#layout = layout;
    this.#values = new Float32Array(layout.size);
    this.#known = layout.places.map(() => undefined);
  }

  /** The present values of every variable. What is written into the array counts after `assign`. */
  async read(): Promise<Float32Array> {
    const changed = [...this.#layout.places.entries()].filter(
      ([index, { variable }]) => this.#known[index] !== variable.dataId,
    );
    await readEach(
      changed.map(([, { variable }]) => variable),
      (values, order) => {
        const [index, place] = changed[order] ?? [];
        if (index === undefined || place === undefined) return;
        this.#values.set(values, place.start);
        this.#known[index] = place.variable.dataId;
      },
    );
    return this.#values;
  }

  /** Gives the variables for which `isChanged` says yes their values in the array. */
  assign(isChanged: (index: number) => boolean): void {
    // Where arrays are not copied they are kept – by the cpu's and the native backend for good, by those on a graphics card
    // and tfjs-node until the first kernel –, so each variable gets one of its own: a value that somebody read before a step
    // must not change with it.
    const isCopied = currentBackend()?.copiesArrays ?? false;
    for (const [index, place] of this.#layout.places.entries())
      if (isChanged(index)) this.#assign(index, place, isCopied);
  }

  /** Sets variables by name. */
  restore(values: ReadonlyMap<string, { readonly values: Float32Array }>): void {
    for (const [index, place] of this.#layout.places.entries()) {
      const saved = values.get(place.name);
      if (saved === undefined) continue;
      this.#values.set(saved.values, place.start);
      this.#assign(index, place, false);
    }
  }

  #assign(index: number, { variable, start, end }: Place, isCopied: boolean): void {
    const values = isCopied ? this.#values.subarray(start, end) : this.#values.slice(start, end);
    const value = tf.tensor(values, variable.shape, "float32");
    variable.assign(value);
    value.dispose();
    this.#known[index] = variable.dataId;
  }
}

/**
 * Calls `visit` with the values of each float tensor and its number. The array may be the tensor's own memory: copy from
 * it, and do not keep it. On a graphics card the tensors are joined first: one transfer instead of hundreds.
 */
export async function readEach(
  tensors: readonly tf.Tensor[],
  visit: (values: Float32Array, index: number) => void,
): Promise<void> {
  if (tensors.length === 0) return;
  if (currentBackend()?.memory === "process") {
    for (const [index, tensor] of tensors.entries())
      visit(borrowedValues(tensor) ?? (await tensor.data<"float32">()), index);
    return;
  }
  const joined = tf.tidy(() => tf.concat1d(tensors.map((tensor) => tf.reshape<tf.Rank.R1>(tensor, [tensor.size]))));
  const values = await joined.data<"float32">();
  joined.dispose();
  let start = 0;
  for (const [index, { size }] of tensors.entries()) {
    visit(values.subarray(start, start + size), index);
    start += size;
  }
}
