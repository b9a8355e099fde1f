// What every way to start a pair has in common.

import type { ConvolutionGeometry } from "@lowrank/contracts";
import type { Matrix } from "../linear-algebra/matrix.ts";
import type { LayerKindName, LoraMatrices } from "../matrices/lora-matrices.ts";

/** What a layer was given, summed over rows of its inputs. */
export interface InputStatistics {
  readonly rows: number;
  /** Σ x, [inFeatures]. */
  readonly sums: Float64Array;
  /** Σ x·xᵀ, [inFeatures, inFeatures]. */
  readonly products: Matrix;
}

/** What was measured at a layer, for starts that look at data. */
export interface Measured {
  /** For EVA. */
  readonly inputs?: InputStatistics;
  /**
   * For CorDA: Σ x·xᵀ of a call's inputs, all divided by the largest of them, and of that the mean over calls:
   * [inFeatures, inFeatures].
   */
  readonly moments?: Matrix;
  /** Of the weight, [inFeatures, outFeatures]. */
  readonly gradient?: Matrix;
}

/** Which of the first 2·rank directions of the gradient A and B get (LoRA-GA). */
export type GradientDirection = "ArBr" | "A2rBr" | "ArB2r" | "random";

/** How large they start (LoRA-GA). */
export type GradientScale = "stable" | "weight_svd" | "gd_scale" | "unit";

/** Settings of single starts; each has PEFT's default. */
export interface InitSettings {
  /** EVA: divide A's directions by the root of their strength. */
  readonly whiten?: boolean;
  /** CorDA: "ipm" (the default) takes over what the data uses most, "kpm" what it uses least. */
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

/** What a start may need to know of the layer that gets the pair. */
export interface InitRequest {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly rank: number;
  readonly kind: LayerKindName;
  /** A convolution's. */
  readonly geometry?: ConvolutionGeometry | undefined;
  /** Whether files store the weight as [inFeatures, outFeatures] (Conv1D). Default false. */
  readonly fanInFanOut?: boolean;
  /** PEFT's `init_lora_weights`: true, false or a name. */
  readonly init: boolean | string;
  /** s, by which the product of the pair is multiplied. */
  readonly scaling: number;
  /** The run's seed, and the module path that tells this pair's draws from others'. */
  readonly key: { readonly seed: number; readonly path: string };
  /** Prefix of the variables' names. */
  readonly name: string;
  /** The frozen weight [inFeatures, outFeatures], read when it is asked for. */
  weight(): Matrix;
  readonly measured?: Measured;
  readonly settings?: InitSettings;
}

/** One way to start a pair. */
export interface Initialization {
  /** As PEFT's `init_lora_weights` names it; "<n>" stands for a number. */
  readonly name: string;
  /** The paper, or what is imitated. */
  readonly source: string;
  /** Whether its values come from chance, and not from the weight alone. */
  readonly isDrawn?: true;
  /** Whether it answers to this `init_lora_weights`, where that is not its name. */
  readonly accepts?: (init: boolean | string) => boolean;
  /** Whether it is meant for embeddings, too; others start as with true. */
  readonly initializesEmbeddings?: boolean;
  /** A new pair for a linear layer, or an embedding if it is meant for those; the caller owns it. */
  initialize(request: InitRequest): LoraMatrices;
}
