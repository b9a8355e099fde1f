// A parameter made by hand, with the simplest hook point.

import { type ForwardContext, selectedNames } from "@lowrank/contracts";
import type { ParameterRef, Restore } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";

type Override = tf.Variable | ((value: tf.Tensor, weight: number, context: ForwardContext) => tf.Tensor);

/** A named weight that keeps the contract of `ParameterRef`. */
export class HandMadeParameter implements ParameterRef {
  readonly path: string;
  readonly shape: readonly number[];
  readonly transposedInFile: boolean;
  readonly #overrides = new Map<string, Override>();
  readonly #hidden: tf.Tensor[] = [];
  #value: tf.Tensor;

  /** Takes ownership of `value`. */
  constructor(path: string, value: tf.Tensor, transposedInFile = false) {
    this.path = path;
    this.shape = value.shape;
    this.transposedInFile = transposedInFile;
    this.#value = value;
  }

  /** The value that a call computes with; its owner stays the parameter or the adapter. */
  value(context: ForwardContext): tf.Tensor {
    const chosen = selectedNames(context.adapters)
      .map((name) => this.#overrides.get(name))
      .find((override) => override !== undefined);
    if (chosen === undefined) return this.#value;
    return typeof chosen === "function" ? chosen(this.#value, 1, context) : chosen;
  }

  read(): tf.Tensor {
    return tf.clone(this.#value);
  }

  override(adapterName: string, value: Override): Restore {
    if (this.#overrides.has(adapterName)) throw new Error(`"${adapterName}" overrides "${this.path}" already.`);
    this.#overrides.set(adapterName, value);
    return () => {
      if (this.#overrides.get(adapterName) === value) this.#overrides.delete(adapterName);
    };
  }

  replace(value: tf.Tensor): Restore {
    const hidden = this.#value;
    this.#value = value;
    this.#hidden.push(hidden);
    return () => {
      if (this.#value !== value) return;
      value.dispose();
      this.#hidden.pop();
      this.#value = hidden;
    };
  }

  dispose(): void {
    tf.dispose([this.#value, ...this.#hidden.splice(0)]);
  }
}
