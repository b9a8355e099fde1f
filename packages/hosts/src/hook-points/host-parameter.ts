// A named weight of a host model, with the values by which adapters override it.

import type { ForwardContext } from "@lowrank/contracts";
import type { ParameterRef, Restore } from "@lowrank/contracts/internal";
import { OverrideList, type ParameterOverride } from "@lowrank/engine/hook-points/internal";
import type * as tf from "@tensorflow/tfjs-core";
import type { HostWeight } from "./host-weight.ts";
import type { SharedPatch } from "./shared-patch.ts";

export interface HostParameterOptions {
  readonly weight: HostWeight;
  readonly patch: SharedPatch;
  /** Default false. */
  readonly transposedInFile?: boolean;
}

export class HostParameter implements ParameterRef {
  readonly path: string;
  readonly shape: readonly number[];
  readonly transposedInFile: boolean;
  readonly weight: HostWeight;
  readonly #patch: SharedPatch;
  readonly #overrides: OverrideList;

  constructor({ weight, patch, transposedInFile = false }: HostParameterOptions) {
    this.path = weight.path;
    this.shape = weight.view.shape;
    this.transposedInFile = transposedInFile;
    this.weight = weight;
    this.#patch = patch;
    this.#overrides = new OverrideList(weight.path);
  }

  /** The override of this call, in the view's layout; undefined for the model's own value. Call it inside a tidy. */
  overrideFor(context: ForwardContext): tf.Tensor | undefined {
    return this.#overrides.apply(() => this.weight.read(), context);
  }

  /** The value in this call, in the view's layout. Call it inside a tidy and dispose of nothing. */
  value(context: ForwardContext): tf.Tensor {
    return this.overrideFor(context) ?? this.weight.read();
  }

  isAdapted(context: ForwardContext): boolean {
    return this.#overrides.isAdapted(context);
  }

  variables(context: ForwardContext): readonly tf.Variable[] {
    return this.#overrides.variables(context);
  }

  read(): tf.Tensor {
    return this.weight.read();
  }

  override(adapterName: string, value: ParameterOverride, variables?: readonly tf.Variable[]): Restore {
    if (typeof value !== "function") this.weight.check("override", value);
    return this.#patch.acquire(this.#overrides.add(adapterName, value, variables));
  }

  replace(value: tf.Tensor): Restore {
    return this.weight.replace(value);
  }

  forgetReplaced(): void {
    this.weight.forgetReplaced();
  }
}
