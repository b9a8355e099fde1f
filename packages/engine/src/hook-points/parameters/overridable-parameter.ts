// A named weight that an adapter may override: saved modules, biases, trained token rows.

import type { ForwardContext } from "@lowrank/contracts";
import { type OptionNames, type ParameterRef, type Restore, refuseUnknownOptions } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { disposedError, shapeError } from "../../errors.ts";
import { OverrideList, type ParameterOverride } from "./override-list.ts";

/** How a parameter is made. */
export interface OverridableParameterOptions {
  /** transformers' parameter path. */
  readonly path: string;
  /** The frozen value; the parameter takes ownership of it. */
  readonly tensor: tf.Tensor;
  /** True if the file stores the transpose. Default false. */
  readonly transposedInFile?: boolean;
  /** True for a stack of matrices stored [experts, inFeatures, outFeatures]. Default false. */
  readonly isStackedInOut?: boolean;
  /** Path of the parameter that shares these values. */
  readonly tiedWith?: string;
}

const optionNames: OptionNames<OverridableParameterOptions> = {
  path: true,
  tensor: true,
  transposedInFile: true,
  isStackedInOut: true,
  tiedWith: true,
};

/**
 * A frozen tensor with a hook point: `value(context)` is the tensor to compute with in one call.
 *
 * @example
 * ```ts
 * import { activeAdapters, inferenceContext } from "@lowrank/contracts";
 * import { OverridableParameter } from "@lowrank/engine/hook-points";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const bias = new OverridableParameter({ path: "score.bias", tensor: tf.zeros([2]) });
 * const close = bias.override("task", (frozen) => tf.add(frozen, 1));
 * const y = tf.tidy(() => bias.value(inferenceContext(activeAdapters("task"))).arraySync()); // [1, 1]
 * close();
 * bias.dispose();
 * ```
 */
export class OverridableParameter implements ParameterRef {
  readonly path: string;
  readonly shape: readonly number[];
  readonly transposedInFile: boolean;
  readonly isStackedInOut: boolean;
  readonly tiedWith?: string;
  /** The frozen tensor, and above it whatever replaced it; the last one counts. */
  #layers: readonly tf.Tensor[];
  #isReplaced = false;
  readonly #overrides: OverrideList;

  constructor(options: OverridableParameterOptions) {
    refuseUnknownOptions("OverridableParameter", options, optionNames);
    this.path = options.path;
    this.shape = options.tensor.shape;
    this.transposedInFile = options.transposedInFile ?? false;
    this.isStackedInOut = options.isStackedInOut ?? false;
    if (options.tiedWith !== undefined) this.tiedWith = options.tiedWith;
    this.#layers = [options.tensor];
    this.#overrides = new OverrideList(options.path);
  }

  /**
   * The tensor to compute with: the frozen one after the overrides of the selected adapters, in their order.
   *
   * Call it inside a `tidy` and never dispose of the result: it may be the variable or the frozen tensor itself.
   * Throws ROWS_WITH_OVERRIDE if a selection by rows names an adapter with an override.
   */
  value(context: ForwardContext): tf.Tensor {
    return this.#overrides.apply(() => this.#current(), context) ?? this.#current();
  }

  /** Whether `value` would give something other than the frozen tensor. */
  isAdapted(context: ForwardContext): boolean {
    return this.#overrides.isAdapted(context);
  }

  /** Whether a merge replaced the value. */
  get isReplaced(): boolean {
    return this.#isReplaced || this.#layers.length > 1;
  }

  /** Whether an adapter overrides the parameter in some call, or a merge replaced it. */
  get isChanged(): boolean {
    return this.isReplaced || !this.#overrides.isEmpty;
  }

  /** Everything trainable that `value` computes with. */
  variables(context: ForwardContext): readonly tf.Variable[] {
    return this.#overrides.variables(context);
  }

  read(): tf.Tensor {
    return tf.clone(this.#current());
  }

  override(adapterName: string, value: ParameterOverride, variables?: readonly tf.Variable[]): Restore {
    if (typeof value !== "function") this.#checkShape("override", value);
    return this.#overrides.add(adapterName, value, variables);
  }

  replace(value: tf.Tensor): Restore {
    this.#checkShape("replace", value);
    this.#current();
    this.#layers = [...this.#layers, value];
    return () => {
      // The only layer is not a replacement any more: free the value that it hid.
      if (this.#layers.length < 2 || !this.#layers.includes(value)) return;
      this.#layers = this.#layers.filter((layer) => layer !== value);
      value.dispose();
    };
  }

  forgetReplaced(): void {
    const current = this.#current();
    this.#isReplaced ||= this.#layers.length > 1;
    for (const layer of this.#layers) if (layer !== current) layer.dispose();
    this.#layers = [current];
  }

  /** Frees the frozen tensor and whatever replaced it; variables of overrides belong to others. */
  dispose(): void {
    for (const layer of this.#layers) layer.dispose();
    this.#layers = [];
    this.#overrides.clear();
  }

  #current(): tf.Tensor {
    const current = this.#layers.at(-1);
    if (current === undefined) throw disposedError(`The parameter "${this.path}"`);
    return current;
  }

  #checkShape(action: string, value: tf.Tensor): void {
    if (!tf.util.arraysEqual(value.shape, [...this.shape]))
      throw shapeError(`Parameter "${this.path}": ${action}`, value.shape, `[${this.shape.join(", ")}]`);
  }
}
