// The interface of a variant of LoRA: its differences from plain LoRA, one row each. Other code calls the rows of a configuration
// and names no variant. Facts that need only the configuration are in @lowrank/adapter-format.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { TensorPart } from "@lowrank/adapter-format/internal";
import type { AdaptableModel, Site, Warning } from "@lowrank/contracts";
import type { LoraMatrices, Matrix } from "@lowrank/math";
import type { BaseChange, FactorSpec, LowRankAdaptation, RandomInit } from "@lowrank/math/internal";
import type * as tf from "@tensorflow/tfjs-core";
import type { PlannedSite } from "../planned/planned-parts.ts";

/** One variant. Its members are used only if the configuration uses the variant. */
export interface Variant {
  /** Throws if this model or this configuration does not support it. */
  check?(config: LoraConfig, situation: Situation): void;
  /** Why a layer does not support it; null if it does. */
  refusal?(site: Site, config: LoraConfig): string | null;
  /** Why a raw parameter does not support it. */
  readonly refusalOfParameters: string;
  warnings?(config: LoraConfig, entries: readonly PlannedSite[]): readonly Warning[];

  /** Changes the factors of a layer, in the order in which they are multiplied. */
  factors?(factors: readonly FactorSpec[], layer: RankedLayer, config: LoraConfig): readonly FactorSpec[];
  /** New A and B, if the variant changes the initialization. `makePlain` makes those without the variant, under the given name. */
  initialize?(layer: NewLora, makePlain: (name: string) => LoraMatrices): LoraMatrices;
  /** The change of the base weight for A and B from a file, from the frozen weight [inFeatures, outFeatures]. */
  baseChange?(weight: Matrix, rank: number): BaseChange;
  /** How it changes the base weight, if it replaces it. For messages. */
  readonly baseReplacement?: string;
  /** Loss term of each adapted layer in training. */
  penalty?(lora: LoraMatrices, config: LoraConfig): tf.Scalar;
  /** An additional vector of a layer, with one number for each output. */
  readonly vector?: VectorSpec;

  /** Wraps the adaptation that the layer would have without it. */
  wrap?(inner: LowRankAdaptation, wrapping: Wrapping): LowRankAdaptation;
  /** True if it applies dropout itself, so that the wrapped adaptation must not. */
  readonly dropsInput?: boolean;
  /** Why its update cannot be merged into a weight. */
  readonly problemOfMerging?: string;
  /** The part that cannot be merged if a layer has no bias. */
  readonly needsBias?: string;
}

interface Situation {
  readonly model: AdaptableModel;
  /** Whether the initialization runs: for a new adapter, or to compute its base change again. */
  readonly runsInit: boolean;
}

/** The path and rank of a layer. */
export interface RankedLayer {
  readonly path: string;
  readonly rank: number;
}

export interface NewLora extends RankedLayer {
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

/** A vector [outFeatures] that is trained in addition to A and B. */
interface VectorSpec {
  /** PEFT's name of the part. */
  readonly part: TensorPart;
  /** Whether a layer with these factors has one. Default: all layers. */
  isUsed?(factors: readonly FactorSpec[]): boolean;
  /** Its shape in a file. Default [outFeatures]. */
  fileShape?(site: Site): readonly number[];
  /** Its first values. The caller owns them. */
  initialize(vector: NewVector): tf.Tensor1D;
}

/** A vector to make. A and B exist already. */
export interface NewVector extends RankedLayer {
  readonly outFeatures: number;
  readonly init: RandomInit;
  readonly seed: number;
  /** The weight to which the update is added. The caller owns it. */
  weight(): tf.Tensor;
  /** The adaptation without the vector. */
  readonly plain: LowRankAdaptation;
}

/** Arguments for a variant at a layer. */
export interface Wrapping {
  readonly config: LoraConfig;
  readonly adapterName: string;
  readonly dropout: number;
  /** The variant's vector, if it has one. */
  readonly vector: tf.Variable | undefined;
}
