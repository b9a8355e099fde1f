// What a variant of LoRA does otherwise than plain LoRA: one row each. Whoever plans, makes, opens, reads or merges asks the rows
// of a configuration, and names none. What the configuration alone tells of a variant is in @lowrank/adapter-format.

import type { LoraConfig, TensorPart } from "@lowrank/adapter-format";
import type { AdaptableModel, Site, Warning } from "@lowrank/contracts";
import type { BaseChange, FactorSpec, LoraMatrices, LowRankAdaptation, Matrix, RandomInit } from "@lowrank/math";
import type * as tf from "@tensorflow/tfjs-core";
import type { PlannedSite } from "../planned/planned-parts.ts";

/** One variant. All of it is asked only where the configuration asks for the variant. */
export interface Variant {
  /** Throws where this model or this configuration cannot have it at all. */
  check?(config: LoraConfig, situation: Situation): void;
  /** Why a layer cannot have it; null if it can. */
  refusal?(site: Site, config: LoraConfig): string | null;
  /** Why a raw parameter cannot have it. */
  readonly refusalOfParameters: string;
  warnings?(config: LoraConfig, entries: readonly PlannedSite[]): readonly Warning[];

  /** What it makes of the factors of a layer's pair, in the order in which they are multiplied. */
  factors?(factors: readonly FactorSpec[], layer: RankedLayer, config: LoraConfig): readonly FactorSpec[];
  /** A new pair, where that is not how it would start without the variant: `usual`, under a name of its own. */
  initialize?(layer: NewMatrices, usual: (name: string) => LoraMatrices): LoraMatrices;
  /** What stands beside a pair from a file, from the frozen weight [inFeatures, outFeatures]. */
  baseChange?(weight: Matrix, rank: number): BaseChange;
  /** What it does to the weight, if another one stands in for the base's wherever the pair acts. */
  readonly baseReplacement?: string;
  /** What it adds to the loss for each pair while the adapter is trained. */
  penalty?(lora: LoraMatrices, config: LoraConfig): tf.Scalar;
  /** Numbers that a layer has besides its pair, one for each output. */
  readonly vector?: OwnVector;

  /** How it acts: around what the layer would have without it. */
  wrap?(inner: LowRankAdaptation, wrapping: Wrapping): LowRankAdaptation;
  /** True where it drops entries of the input by itself, so that what it goes around must not. */
  readonly dropsInput?: boolean;
  /** Why its update cannot be folded into a weight. */
  readonly problemOfMerging?: string;
  /** What cannot be folded in where a layer has no bias. */
  readonly needsBias?: string;
}

interface Situation {
  readonly model: AdaptableModel;
  /** Whether pairs are started, or what a start did to the base is computed again. */
  readonly runsInit: boolean;
}

/** What decides about the factors of a pair. */
export interface RankedLayer {
  readonly path: string;
  readonly rank: number;
}

export interface NewMatrices extends RankedLayer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly factors: readonly FactorSpec[];
  readonly init: RandomInit;
  readonly seed: number;
  /** Prefix of the variables' names. */
  readonly name: string;
  /** The frozen weight [inFeatures, outFeatures]. */
  weight(): Matrix;
}

/** Numbers [outFeatures] that are trained beside the pair. */
interface OwnVector {
  /** What it is to the layer, as PEFT names it. */
  readonly part: TensorPart;
  /** Whether a layer with this pair has one. Default: every layer has. */
  isUsed?(factors: readonly FactorSpec[]): boolean;
  /** Its shape in a file. Default [outFeatures]. */
  fileShape?(site: Site): readonly number[];
  /** Its first values. The caller owns them. */
  initialize(vector: NewVector): tf.Tensor1D;
}

/** A vector that is to be made. The pair exists already. */
export interface NewVector extends RankedLayer {
  readonly outFeatures: number;
  readonly init: RandomInit;
  readonly seed: number;
  /** What the pair is added to. The caller owns it. */
  weight(): tf.Tensor;
  /** What the pair does without the vector. */
  readonly plain: LowRankAdaptation;
}

/** What decides how a variant acts at a layer. */
export interface Wrapping {
  readonly config: LoraConfig;
  readonly adapterName: string;
  readonly dropout: number;
  /** Its own, if it has one there. */
  readonly vector: tf.Variable | undefined;
}
