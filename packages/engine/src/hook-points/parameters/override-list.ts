// The values with which adapters replace a frozen one, and how a call selects them.

import { type ForwardContext, selectedNames } from "@lowrank/contracts";
import type { Restore } from "@lowrank/contracts/internal";
import type * as tf from "@tensorflow/tfjs-core";
import { rowsOverrideError } from "../errors.ts";

/**
 * Replaces a value: a variable, or a function of the value so far. `weight` is the weight of the adapter in the active set, `context`
 * that of the call.
 */
export type ParameterOverride =
  | tf.Variable
  | ((value: tf.Tensor, weight: number, context: ForwardContext) => tf.Tensor);

interface NamedOverride {
  readonly adapterName: string;
  readonly value: ParameterOverride;
  /** Everything trainable that `value` computes with. */
  readonly variables: readonly tf.Variable[];
}

/** The overrides of one parameter. They act in the order of the active set: a variable replaces the value, a function changes it. */
export class OverrideList {
  #overrides: readonly NamedOverride[] = [];

  /** `path` is the parameter's, for messages. */
  constructor(readonly path: string) {}

  /** `variables` are those that a function reads. */
  add(adapterName: string, value: ParameterOverride, variables: readonly tf.Variable[] = []): Restore {
    const read = typeof value === "function" ? variables : [value];
    const added: NamedOverride = { adapterName, value, variables: read };
    this.#overrides = [...this.#overrides, added];
    return () => {
      this.#overrides = this.#overrides.filter((other) => other !== added);
    };
  }

  clear(): void {
    this.#overrides = [];
  }

  /** Whether no adapter has an override here. */
  get isEmpty(): boolean {
    return this.#overrides.length === 0;
  }

  /** Whether the call selects an override, for all rows or for some. */
  isAdapted({ adapters }: ForwardContext): boolean {
    const names = selectedNames(adapters);
    return this.#overrides.some(({ adapterName }) => names.includes(adapterName));
  }

  /** Everything trainable that the selected overrides compute with. */
  variables({ adapters }: ForwardContext): readonly tf.Variable[] {
    const names = selectedNames(adapters);
    return this.#overrides
      .filter(({ adapterName }) => names.includes(adapterName))
      .flatMap(({ variables }) => variables);
  }

  /**
   * The value to compute with, or undefined if the call selects no override. Call it inside a `tidy` and dispose of
   * nothing: the result may be a variable. Throws ROWS_WITH_OVERRIDE for a selection by rows, which has no one value: see
   * `computeByRows`.
   */
  apply(frozen: () => tf.Tensor, context: ForwardContext): tf.Tensor | undefined {
    return this.#selected(context).reduce<tf.Tensor | undefined>((current, { value, weight }) => {
      return typeof value === "function" ? value(current ?? frozen(), weight, context) : value;
    }, undefined);
  }

  #selected({ adapters }: ForwardContext): readonly { readonly value: ParameterOverride; readonly weight: number }[] {
    if (adapters.kind === "none" || this.#overrides.length === 0) return [];
    if (adapters.kind === "active") {
      return adapters.adapters.flatMap(({ name, weight }) =>
        this.#overrides.filter(({ adapterName }) => adapterName === name).map(({ value }) => ({ value, weight })),
      );
    }
    const names = this.#overrides.map(({ adapterName }) => adapterName).filter((name) => adapters.rows.includes(name));
    if (names.length > 0) throw rowsOverrideError(this.path, [...new Set(names)]);
    return [];
  }
}
