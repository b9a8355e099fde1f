// The common part of all kinds of sites: adapters act on their outputs, and may replace weight and bias.

import type { ForwardContext } from "@lowrank/contracts";
import type { Adaptation, Detach, ParameterRef } from "@lowrank/contracts/internal";
import type * as tf from "@tensorflow/tfjs-core";
import { AdaptationSlots } from "../adaptation-slots.ts";
import type { ParameterSlot } from "../parameters/parameter-slot.ts";
import { WeightParameter } from "../parameters/weight-parameter.ts";

export abstract class OpenSite {
  protected readonly adaptations: AdaptationSlots = new AdaptationSlots();
  protected abstract readonly weightRef: WeightParameter | ParameterSlot;
  protected readonly biasRef: ParameterSlot | undefined;

  attach(adapterName: string, adaptation: Adaptation): Detach {
    return this.adaptations.attach(adapterName, adaptation);
  }

  parameters(): readonly ParameterRef[] {
    const weight = this.weightRef instanceof WeightParameter ? [this.weightRef] : this.weightRef.parameters();
    return [...weight, ...(this.biasRef?.parameters() ?? [])];
  }

  isAdapted(context: ForwardContext): boolean {
    return this.computesWithOthers(context) || this.adaptations.isAdapted(context);
  }

  variables(context: ForwardContext): readonly tf.Variable[] {
    const biases = this.biasRef?.variables(context) ?? [];
    return [...this.weightRef.variables(context), ...biases, ...this.adaptations.variables(context)];
  }

  get isChanged(): boolean {
    return this.adaptations.names.length > 0 || this.weightRef.isChanged || (this.biasRef?.isChanged ?? false);
  }

  /** Whether this call computes with another weight or bias than the frozen one. */
  protected computesWithOthers(context: ForwardContext): boolean {
    return this.weightRef.isAdapted(context) || (this.biasRef?.isAdapted(context) ?? false);
  }
}
