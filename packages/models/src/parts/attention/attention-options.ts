// A family's attention: how queries, keys and values are projected – computed, or written into a plan –, and combined.

import type { ForwardContext } from "@lowrank/contracts";
import type { LinearSite, ParameterSlot } from "@lowrank/engine/hook-points";
import type { StepPlan, StepValue } from "@lowrank/engine/internal";
import type * as tf from "@tensorflow/tfjs-core";
import type { Norm } from "../norm.ts";
import type { Pass } from "../pass.ts";
import type { Alibi } from "../positions/alibi.ts";
import type { RotaryFrequencies } from "../positions/rotary-frequencies.ts";
import type { MaskMaker } from "./added-masks.ts";
import type { RelativePositions } from "./relative-positions.ts";

interface ProjectedValues {
  readonly query: StepValue;
  readonly key: StepValue;
  readonly value: StepValue;
}

export type ProjectionPlan = (x: StepValue, plan: StepPlan, context: ForwardContext) => ProjectedValues;

/** Each [batch, time, heads·headSize]. */
export interface Projected {
  readonly query: tf.Tensor;
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
  /** The output is multiplied by the sigmoid of this (Qwen 3.5): [batch, time, heads·headSize]. */
  readonly gate?: tf.Tensor;
}

export interface Projection {
  (hidden: tf.Tensor, pass: Pass): Projected;
  readonly plan?: ProjectionPlan;
}

export interface SelfAttentionOptions {
  /** Which entry of the key–value cache is this layer's. */
  readonly layer: number;
  readonly project: Projection;
  readonly output: Pick<LinearSite, "path" | "forward">;
  readonly heads: number;
  /** Number of heads of keys and values; fewer than `heads` if they are shared. */
  readonly keyHeads: number;
  readonly rotary?: RotaryFrequencies;
  /** True rotates neighbouring features together (GPT-J), false feature i of the first half with feature i of the second. */
  readonly rotaryInterleaved?: boolean;
  /** Normalize each head of the queries and of the keys before they rotate (Qwen 3). */
  readonly queryNorm?: Norm | undefined;
  readonly keyNorm?: Norm | undefined;
  /** Rate of dropout on the attention weights while training. */
  readonly dropout: number;
  /** Keys that a query sees, itself included (Mistral's sliding window). */
  readonly window?: number | null;
  /** The family's own mask (GPT-Neo), including its `window`. */
  readonly mask?: MaskMaker;
  /** 1 for scores that pass gradients, if not all do (GPT-Neo); undefined in passes where all do. */
  readonly gradientMask?: MaskMaker | undefined;
  /** Scores rise with the key's position, in each head differently fast; such a model has no window. */
  readonly alibi?: Alibi;
  /** Scores also depend on how far apart query and key are, in a way that was learned (T5). */
  readonly relativePositions?: RelativePositions;
  /** Multiplies the scores; 1/√headSize unless given. */
  readonly scale?: number;
  /** Smooth bound of the scores (Gemma 2). */
  readonly cap?: number | null;
  /** For each head, the score of a sink: its share of the attention goes to no value (GPT-OSS). [heads] */
  readonly sinks?: ParameterSlot | undefined;
}
