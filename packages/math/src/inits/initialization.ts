// The interface of all initializations of A and B.

import type { ConvolutionGeometry } from "@lowrank/contracts/internal";
import type { Matrix } from "../linear-algebra/matrix.ts";
import type { LayerKindName, LoraMatrices } from "../matrices/lora-matrices.ts";

/** Sums over the inputs of a layer. */
export interface InputStatistics {
  readonly rows: number;
  /** Σ x, [inFeatures]. */
  readonly sums: Float64Array;
  /** Σ x·xᵀ, [inFeatures, inFeatures]. */
  readonly products: Matrix;
}

/** Measurements at a layer, for initializations that use data. */
export interface Measured {
  /** For EVA. */
  readonly inputs?: InputStatistics;
  /** For CorDA: the mean over calls of Σ x·xᵀ divided by its largest entry, [inFeatures, inFeatures]. */
  readonly moments?: Matrix;
  /** Gradient of the weight, [inFeatures, outFeatures]. */
  readonly gradient?: Matrix;
}

/** Which of the gradient's first 2·rank directions A and B get (LoRA-GA). */
export type GradientDirection = "ArBr" | "A2rBr" | "ArB2r" | "random";

/** The scale of A and B (LoRA-GA). */
export type GradientScale = "stable" | "weight_svd" | "gd_scale" | "unit";

/** Settings of initializations; each has PEFT's default. */
export interface InitSettings {
  /** EVA: divide A's directions by the root of their strength. */
  readonly whiten?: boolean;
  /** CorDA: "ipm" (the default) replaces the directions that the data uses most, "kpm" those it uses least. */
  readonly corda?: "ipm" | "kpm";
  /** LoRA-GA. Default "ArB2r". */
  readonly direction?: GradientDirection;
  /** LoRA-GA. Default "stable". */
  readonly scale?: GradientScale;
  /** LoRA-GA's γ. Default 16. */
  readonly stableGamma?: number;
  /** LoftQ: 4 (the default) or 8. */
  readonly loftqBits?: 4 | 8;
  /** LoftQ. Default 1. */
  readonly loftqIterations?: number;
}

/** The layer to initialize, and the settings. */
export interface InitRequest {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly rank: number;
  readonly kind: LayerKindName;
  /** For convolutions. */
  readonly geometry?: ConvolutionGeometry | undefined;
  /** Whether files store the weight as [inFeatures, outFeatures] (Conv1D). Default false. */
  readonly fanInFanOut?: boolean;
  /** PEFT's `init_lora_weights`: true, false or a name. */
  readonly init: boolean | string;
  /** The scaling s of A·B. */
  readonly scaling: number;
  /** The run's seed, and the module path, which gives each layer its own random values. */
  readonly key: { readonly seed: number; readonly path: string };
  /** Prefix of the variables' names. */
  readonly name: string;
  /** The frozen weight [inFeatures, outFeatures], read on request. */
  weight(): Matrix;
  readonly measured?: Measured;
  readonly settings?: InitSettings;
}

/** An initialization of A and B. */
export interface Initialization {
  /** Its name in PEFT's `init_lora_weights`; "<n>" stands for a number. */
  readonly name: string;
  /** The paper or program that it follows. */
  readonly source: string;
  /** Whether its values are random and do not depend on the weight. */
  readonly isDrawn?: true;
  /** Whether it handles this `init_lora_weights`. Default: if the value equals its name. */
  readonly accepts?: (init: boolean | string) => boolean;
  /** Whether it also works for embeddings. With the others, embeddings are initialized as with true. */
  readonly initializesEmbeddings?: boolean;
  /** New A and B for a linear layer, or for an embedding if supported. The caller owns them. */
  initialize(request: InitRequest): LoraMatrices;
}
