// A named weight that an adapter may override: saved modules, biases, trained token rows.

import type { ForwardContext, ParameterRef, Restore } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import { DisposedError, RowsOverrideError, ShapeError } from "./errors.ts";

/** What computes in place of the frozen value: a variable, or a function of the frozen value. */
export type ParameterOverride = tf.Variable | ((frozen: tf.Tensor) => tf.Tensor);

/** How a parameter is made. */
export interface OverridableParameterOptions {
  /** transformers' parameter path. */
  readonly path: string;
  /** The frozen value, of which the parameter takes ownership. */
  readonly tensor: tf.Tensor;
  /** True where the file stores the two axes the other way round. Default false. */
  readonly transposedInFile?: boolean;
  /** Path of the parameter that shares these values. */
  readonly tiedWith?: string;
}

interface NamedOverride {
  readonly adapterName: string;
  readonly value: ParameterOverride;
}

/**
 * A frozen tensor with a door: `value(context)` is what to compute with in one call.
 *
 * @example
 * ```ts
 * import { activeAdapters, inferenceContext } from "@lowrank/contracts";
 * import { OverridableParameter } from "@lowrank/engine";
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
  readonly tiedWith?: string;
  /** The frozen tensor, and above it whatever replaced it; the last one counts. */
  #layers: readonly tf.Tensor[];
  #overrides: readonly NamedOverride[] = [];

  constructor(options: OverridableParameterOptions) {
    this.path = options.path;
    this.shape = options.tensor.shape;
    this.transposedInFile = options.transposedInFile ?? false;
    if (options.tiedWith !== undefined) this.tiedWith = options.tiedWith;
    this.#layers = [options.tensor];
  }

  /**
   * The tensor to compute with: of the last selected adapter that overrides this parameter, else the frozen one.
   *
   * Call it inside a `tidy` and never dispose of the result: it may be the variable or the frozen tensor itself.
   * Throws RowsOverrideError if a selection by rows names an adapter with an override.
   */
  value(context: ForwardContext): tf.Tensor {
    const override = this.#selected(context);
    if (override === undefined) return this.#current();
    if (typeof override === "function") return override(this.#current());
    return override;
  }

  /** Whether `value` would give something other than the frozen tensor. */
  isOpen(context: ForwardContext): boolean {
    return this.#selected(context) !== undefined;
  }

  read(): tf.Tensor {
    return tf.clone(this.#current());
  }

  override(adapterName: string, value: ParameterOverride): Restore {
    if (typeof value !== "function") this.#checkShape("override", value);
    const added: NamedOverride = { adapterName, value };
    this.#overrides = [...this.#overrides, added];
    return () => {
      this.#overrides = this.#overrides.filter((other) => other !== added);
    };
  }

  replace(value: tf.Tensor): Restore {
    this.#checkShape("replace", value);
    this.#current();
    this.#layers = [...this.#layers, value];
    return () => {
      if (!this.#layers.includes(value)) return;
      this.#layers = this.#layers.filter((layer) => layer !== value);
      value.dispose();
    };
  }

  /** Frees the frozen tensor and whatever replaced it; variables of overrides belong to others. */
  dispose(): void {
    for (const layer of this.#layers) layer.dispose();
    this.#layers = [];
    this.#overrides = [];
  }

  #selected({ adapters }: ForwardContext): ParameterOverride | undefined {
    if (adapters.kind === "none" || this.#overrides.length === 0) return undefined;
    if (adapters.kind === "rows") {
      const names = this.#overrides
        .map(({ adapterName }) => adapterName)
        .filter((name) => adapters.rows.includes(name));
      if (names.length > 0) throw new RowsOverrideError(this.path, [...new Set(names)]);
      return undefined;
    }
    const candidates = adapters.adapters.flatMap(({ name }) =>
      this.#overrides.filter(({ adapterName }) => adapterName === name),
    );
    return candidates.at(-1)?.value;
  }

  #current(): tf.Tensor {
    const current = this.#layers.at(-1);
    if (current === undefined) throw new DisposedError(`The parameter "${this.path}"`);
    return current;
  }

  #checkShape(action: string, value: tf.Tensor): void {
    if (!tf.util.arraysEqual(value.shape, [...this.shape]))
      throw new ShapeError(`Parameter "${this.path}": ${action}`, value.shape, `[${this.shape.join(", ")}]`);
  }
}
