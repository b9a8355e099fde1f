// A weight used as it is stored – a bias, a norm's gain – that arrives after the model's outline.

import type { ForwardContext } from "@lowrank/contracts";
import { type OptionNames, type ParameterRef, refuseUnknownOptions } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { modelDisposedError } from "../errors.ts";
import { type NewRows, resizeVector } from "../new-rows.ts";
import { type InitialValue, type Part, sameKind, type WeightSlot } from "../weight-slot.ts";
import { OverridableParameter } from "./overridable-parameter.ts";

/** Properties of a parameter other than its path and shape. */
export interface ParameterSlotOptions {
  /**
   * A buffer is never trained. An "unused" parameter can be trained, but no computation reads it. A file may lack both; they
   * then begin as `initial`. Default "parameter".
   */
  readonly kind?: "parameter" | "buffer" | "unused";
  /** True for a stack of matrices stored [experts, inFeatures, outFeatures]. */
  readonly isStackedInOut?: boolean;
}

const optionNames: OptionNames<ParameterSlotOptions> = { kind: true, isStackedInOut: true };

/** A parameter that is used as it is stored, and that an adapter can replace. */
export class ParameterSlot implements WeightSlot, Part {
  readonly slots: readonly WeightSlot[] = [this];
  #parameter: OverridableParameter | undefined;

  constructor(
    readonly path: string,
    readonly shape: readonly number[],
    readonly initial: InitialValue,
    private readonly options: ParameterSlotOptions = {},
  ) {
    refuseUnknownOptions("ParameterSlot", options, optionNames);
  }

  /** Whether the value is created if the file lacks it, because nothing trains or reads it. */
  get isOptional(): boolean {
    return (this.options.kind ?? "parameter") !== "parameter";
  }

  fill(tensor: tf.Tensor): void {
    const { isStackedInOut = false } = this.options;
    this.#parameter = new OverridableParameter({ path: this.path, tensor, isStackedInOut });
  }

  /** The value in this call; the caller must not dispose of it. */
  value(context: ForwardContext): tf.Tensor {
    return this.#filled().value(context);
  }

  isAdapted(context: ForwardContext): boolean {
    return this.#parameter?.isAdapted(context) ?? false;
  }

  variables(context: ForwardContext): readonly tf.Variable[] {
    return this.#parameter?.variables(context) ?? [];
  }

  parameters(): readonly ParameterRef[] {
    return this.options.kind === "buffer" ? [] : [this.#filled()];
  }

  /** Two tensors that share one copy of the numbers. */
  shareFrom(original: Part): void {
    this.fill(tf.keep(sameKind(original, ParameterSlot).#filled().read()));
  }

  resizeFrom(original: Part, newRows: NewRows): void {
    const slot = sameKind(original, ParameterSlot);
    if (slot.shape.join() === this.shape.join()) this.shareFrom(slot);
    else this.fill(tf.keep(resizeVector(slot.#filled(), this.shape, this.isOptional ? "zeros" : newRows)));
  }

  /** Whether a merge replaced the value. */
  get isReplaced(): boolean {
    return this.#parameter?.isReplaced ?? false;
  }

  get isChanged(): boolean {
    return this.#parameter?.isChanged ?? false;
  }

  dispose(): void {
    this.#parameter?.dispose();
    this.#parameter = undefined;
  }

  #filled(): OverridableParameter {
    if (this.#parameter === undefined) throw modelDisposedError();
    return this.#parameter;
  }
}
