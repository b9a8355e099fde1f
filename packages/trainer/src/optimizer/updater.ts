// One step's loss and gradients, the update of the variables, and the optimizer's state. Where they are kept, in the memory of the
// process or of the GPU, only an updater knows.

import type * as tf from "@tensorflow/tfjs-core";
import type { FlatLayout, VariableRange } from "./flat-layout.ts";
import type { GradientReduction } from "./gradient-reduction.ts";
import type { Moments, RuleOptions } from "./rules/rule.ts";
import type { OptimizerName } from "./rules/rules.ts";

/** One micro-batch's loss and its weight in the step. */
export interface WeightedLoss {
  /** Computes the loss; called once, inside a tidy, under the gradient tape. */
  readonly loss: () => tf.Scalar;
  readonly weight: number;
}

/** The optimizer of a run with all numbers that it works on. */
export interface Updater {
  readonly layout: FlatLayout;
  /** Begins a step: clears the gradients and the loss. */
  begin(): void;
  /** Runs one micro-batch forward and backward, and adds its loss and gradients. */
  add(loss: WeightedLoss): Promise<void>;
  /** Counts a micro-batch whose loss is 0 whatever the variables are. */
  skip(weight: number): void;
  /** Sums over all processes; returns the sums of `counts`. Absent if the numbers are in the memory of a GPU. */
  reduce?(reduction: GradientReduction, counts: readonly number[]): Promise<readonly number[]>;
  /**
   * Ends the step: divides loss and gradients by the weight of all micro-batches, clips, and updates the variables. They remain
   * unchanged if the returned loss or global norm is not finite. Without a loss both are 0.
   */
  update(how: {
    readonly learningRate: number;
    readonly clipNorm: number | null;
  }): Promise<{ readonly loss: number; readonly gradientNorm: number }>;
  /** Names of the variables whose gradients are not finite in this step. */
  nonFinite(): Promise<readonly string[]>;
  /** The current values of all variables, in the order of the layout. */
  readValues(): Promise<Float32Array>;
  /** Sets variables by name. */
  restoreValues(values: ReadonlyMap<string, { readonly values: Float32Array }>): void;
  /** A copy of the optimizer's state. A variable that never had a gradient is absent. */
  captureMoments(): Promise<ReadonlyMap<string, Moments>>;
  /** Continues from a captured state; an empty one is that before the first step. */
  restoreMoments(state: ReadonlyMap<string, Moments>): void;
  /** The moments of each variable, as views. Absent if they are in the memory of a GPU. */
  means?(): readonly (readonly Float32Array[])[];
  dispose(): void;
}

/** A variable's numbers before an update. */
export interface VariableNumbers {
  readonly shape: readonly number[];
  readonly values: Float32Array;
  readonly gradient: Float32Array | undefined;
}

export interface UpdaterSettings extends RuleOptions {
  readonly optimizer: OptimizerName;
  readonly precondition?: ((variables: ReadonlyMap<string, VariableNumbers>) => void) | undefined;
}

/** A variable's factor of the learning rate, and its weight decay. */
export type RatesOf = (range: VariableRange) => { readonly rateFactor: number; readonly weightDecay: number };
