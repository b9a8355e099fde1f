// A site's weight seen as a parameter, so that an adapter may save or replace the whole matrix (PEFT's modules_to_save).

import type { ForwardContext, ParameterRef, Restore } from "@lowrank/contracts";
import { RowsOverrideError, ShapeError } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import type { SiteWeight } from "./site-weight.ts";

type Override = tf.Variable | ((frozen: tf.Tensor) => tf.Tensor);

export interface WeightParameterOptions {
  readonly path: string;
  readonly shape: readonly [number, number];
  readonly transposedInFile: boolean;
  readonly tiedWith?: string;
  readonly weight: SiteWeight;
}

export class WeightParameter implements ParameterRef {
  readonly path: string;
  readonly shape: readonly [number, number];
  readonly transposedInFile: boolean;
  readonly tiedWith?: string;
  readonly #weight: SiteWeight;
  #overrides: readonly { readonly adapterName: string; readonly value: Override }[] = [];

  constructor(options: WeightParameterOptions) {
    this.path = options.path;
    this.shape = options.shape;
    this.transposedInFile = options.transposedInFile;
    if (options.tiedWith !== undefined) this.tiedWith = options.tiedWith;
    this.#weight = options.weight;
  }

  /** What this call computes with in place of the frozen matrix, if anything. Call it inside a tidy. */
  overrideFor(context: ForwardContext): tf.Tensor2D | undefined {
    const value = this.#selected(context);
    if (value === undefined) return undefined;
    // Shapes were checked when the override was made; a function's result is checked here.
    const matrix = typeof value === "function" ? value(this.#weight.read()) : value;
    this.#checkShape(matrix);
    return matrix as tf.Tensor2D;
  }

  isOpen(context: ForwardContext): boolean {
    return this.#selected(context) !== undefined;
  }

  read(): tf.Tensor {
    return this.#weight.read();
  }

  override(adapterName: string, value: Override): Restore {
    if (typeof value !== "function") this.#checkShape(value);
    const added = { adapterName, value };
    this.#overrides = [...this.#overrides, added];
    return () => {
      this.#overrides = this.#overrides.filter((other) => other !== added);
    };
  }

  replace(value: tf.Tensor): Restore {
    this.#checkShape(value);
    return this.#weight.replace(value as tf.Tensor2D);
  }

  #selected({ adapters }: ForwardContext): Override | undefined {
    if (adapters.kind === "none" || this.#overrides.length === 0) return undefined;
    if (adapters.kind === "rows") {
      const names = this.#overrides
        .map(({ adapterName }) => adapterName)
        .filter((name) => adapters.rows.includes(name));
      if (names.length > 0) throw new RowsOverrideError(this.path, [...new Set(names)]);
      return undefined;
    }
    return adapters.adapters
      .flatMap(({ name }) => this.#overrides.filter(({ adapterName }) => adapterName === name))
      .at(-1)?.value;
  }

  #checkShape(value: tf.Tensor): void {
    if (tf.util.arraysEqual(value.shape, [...this.shape])) return;
    throw new ShapeError(`Parameter "${this.path}"`, value.shape, `[${this.shape.join(", ")}]`);
  }
}
