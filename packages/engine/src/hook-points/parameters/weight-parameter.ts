// A site's weight seen as a parameter, so that an adapter may save or replace the whole matrix (PEFT's modules_to_save).

import type { ForwardContext } from "@lowrank/contracts";
import type { ParameterRef, Restore } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { shapeError } from "../../errors.ts";
import { OverrideList, type ParameterOverride } from "./override-list.ts";
import type { SiteWeight } from "./site-weight.ts";

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
  readonly #overrides: OverrideList;

  constructor(options: WeightParameterOptions) {
    this.path = options.path;
    this.shape = options.shape;
    this.transposedInFile = options.transposedInFile;
    if (options.tiedWith !== undefined) this.tiedWith = options.tiedWith;
    this.#weight = options.weight;
    this.#overrides = new OverrideList(options.path);
  }

  /** The matrix that replaces the frozen one in this call, if there is one. Call it inside a tidy. */
  overrideFor(context: ForwardContext): tf.Tensor2D | undefined {
    const matrix = this.#overrides.apply(() => this.#weight.read(), context);
    if (matrix === undefined) return undefined;
    // A variable's shape was checked when it was given; a function's result is checked here.
    this.#checkShape(matrix);
    return matrix as tf.Tensor2D;
  }

  isAdapted(context: ForwardContext): boolean {
    return this.#overrides.isAdapted(context);
  }

  /** Whether an adapter overrides the matrix in some call, or a merge replaced it. */
  get isChanged(): boolean {
    return this.#weight.isReplaced || !this.#overrides.isEmpty;
  }

  variables(context: ForwardContext): readonly tf.Variable[] {
    return this.#overrides.variables(context);
  }

  read(): tf.Tensor {
    return this.#weight.read();
  }

  override(adapterName: string, value: ParameterOverride, variables?: readonly tf.Variable[]): Restore {
    if (typeof value !== "function") this.#checkShape(value);
    return this.#overrides.add(adapterName, value, variables);
  }

  replace(value: tf.Tensor): Restore {
    this.#checkShape(value);
    return this.#weight.replace(value as tf.Tensor2D);
  }

  forgetReplaced(): void {
    this.#weight.forgetReplaced();
  }

  #checkShape(value: tf.Tensor): void {
    if (tf.util.arraysEqual(value.shape, [...this.shape])) return;
    throw shapeError(`Parameter "${this.path}"`, value.shape, `[${this.shape.join(", ")}]`);
  }
}
