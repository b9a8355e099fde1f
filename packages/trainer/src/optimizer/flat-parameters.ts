// The values of all variables in one array, which are read from the backend only if other code has written them.

import { borrowedValues, currentBackend } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { FlatLayout, VariableRange } from "./flat-layout.ts";

/** A copy of the variables' values on the CPU. */
export class FlatParameters {
  readonly #layout: FlatLayout;
  readonly #values: Float32Array;
  /** The data id of each variable when it was read. Every assignment changes it, so it shows whether the array is up to date. */
  readonly #dataIds: (object | undefined)[];

  constructor(layout: FlatLayout) {
    this.#layout = layout;
    this.#values = new Float32Array(layout.size);
    this.#dataIds = layout.ranges.map(() => undefined);
  }

  /** The current values of all variables. Changes to the array take effect with `assign`. */
  async read(): Promise<Float32Array> {
    const changed = [...this.#layout.ranges.entries()].filter(
      ([index, { variable }]) => this.#dataIds[index] !== variable.dataId,
    );
    await readEach(
      changed.map(([, { variable }]) => variable),
      (values, order) => {
        const [index, range] = changed[order] ?? [];
        if (index === undefined || range === undefined) return;
        this.#values.set(values, range.start);
        this.#dataIds[index] = range.variable.dataId;
      },
    );
    return this.#values;
  }

  /** Writes the array's values to the variables for which `isChanged` is true. */
  assign(isChanged: (index: number) => boolean): void {
    // A backend that does not copy arrays keeps a reference: cpu and native permanently, GPU backends and tfjs-node until the first
    // kernel. Each variable then gets its own copy, so that a value that was read before a step does not change with it.
    const isCopied = currentBackend()?.copiesArrays ?? false;
    for (const [index, range] of this.#layout.ranges.entries())
      if (isChanged(index)) this.#assign(index, range, isCopied);
  }

  /** Sets variables by name. */
  restore(values: ReadonlyMap<string, { readonly values: Float32Array }>): void {
    for (const [index, range] of this.#layout.ranges.entries()) {
      const saved = values.get(range.name);
      if (saved === undefined) continue;
      this.#values.set(saved.values, range.start);
      this.#assign(index, range, false);
    }
  }

  #assign(index: number, { variable, start, end }: VariableRange, isCopied: boolean): void {
    const values = isCopied ? this.#values.subarray(start, end) : this.#values.slice(start, end);
    const value = tf.tensor(values, variable.shape, "float32");
    variable.assign(value);
    value.dispose();
    this.#dataIds[index] = variable.dataId;
  }
}

/**
 * Calls `visit` with the values of each float tensor and its index. The array may be the tensor's own memory: copy from it, and do
 * not keep it. On a GPU the tensors are concatenated first: one transfer instead of hundreds.
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
