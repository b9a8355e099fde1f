// The interface of a kind of layer: linear, embedding, convolution, raw parameter. One row each in kinds.ts.

import type { Site } from "@lowrank/contracts";
import type { ConvolutionGeometry } from "@lowrank/contracts/internal";
import type { DrawKey, DropoutDraw } from "@lowrank/engine/internal";
import type * as tf from "@tensorflow/tfjs-core";
import type { AB, FactorSpec, Update } from "../update/factor.ts";
import type { FileLayout } from "../update/file-layout.ts";
import type { RowSides } from "../update/row-update.ts";

/** The facts about a layer that a row needs. A `Site` has them. */
export interface Layer {
  readonly path?: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly geometry?: ConvolutionGeometry | undefined;
  /** Number of A and B that are joined: a raw parameter's experts. Default 1. */
  readonly experts?: number;
}

/** The specifications of A and B. */
export type MatrixSpecs = readonly [a: FactorSpec, b: FactorSpec];

/**
 * The random initialization, as in PEFT's `init_lora_weights`: "default" (True), "gaussian", or "random" (False: the update is
 * not zero, for tests).
 */
export type RandomInit = "default" | "gaussian" | "random";

/** Shapes and random keys for the initial A and B. */
interface InitialMatrices {
  readonly a: { readonly shape: readonly [number, number]; readonly key: DrawKey };
  readonly b: { readonly shape: readonly [number, number]; readonly key: DrawKey };
  /** The rank of one expert's update. */
  readonly rank: number;
}

/** The part of the interface that all kinds have. */
export interface LayerKind {
  /** The parts of A and B, which end their names. */
  readonly parts: readonly [a: "lora_A" | "lora_embedding_A", b: "lora_B" | "lora_embedding_B"];
  /** Why a layer cannot have LoRA of this rank; null if it can. */
  refusal(layer: Layer, rank: number): string | null;
  /** The specifications of a layer's A and B. */
  specs(layer: Layer, rank: number): MatrixSpecs;
  /** Initial A and B, as in PEFT's `reset_lora_parameters`. The caller owns them. */
  initialize(init: RandomInit, initial: InitialMatrices): [a: tf.Tensor, b: tf.Tensor];
}

/** Arguments of one application of A and B. */
interface BranchCall {
  readonly input: tf.Tensor;
  /** Dropout of the input, if the branch `dropsInput`. */
  readonly dropout?: DropoutDraw | undefined;
  /** The tensor to which the branch is added. It may be overwritten with the result. */
  readonly output: tf.Tensor;
  readonly site: Pick<Site, "paddingRow" | "outputScale">;
  readonly layer: Pick<Layer, "geometry">;
  readonly mayReuseOutput?: boolean;
}

/** How A and B act at a layer. */
export interface Branch {
  /** Whether dropout applies to its input. */
  readonly dropsInput: boolean;
  /** output + scale·(the branch of the input). Call it inside a `tidy`. */
  add(call: BranchCall, matrices: AB, scale: number): tf.Tensor;
  /** ΔW in the layout of the site's `readWeight`, times `scale`. The caller owns it. */
  delta(update: Update, scale: number, layer: Pick<Layer, "geometry">): tf.Tensor;
  /** The update for the norms of the weight's columns, if it differs from `delta`. The caller owns it. */
  deltaForNorms?(update: Update, scale: number, layer: Pick<Layer, "geometry">): tf.Tensor;
  /** The two factors from which some rows of ΔW in file layout are computed. */
  rowSides(matrices: AB, layer: Pick<Layer, "geometry"> & { readonly fanInFanOut?: boolean }): RowSides;
}

/** Further members for kinds of sites. */
export interface SiteKind extends LayerKind, Branch {
  /** The axis of tokens in `readWeight` of an embedding (a head's weight is transposed); null: none. */
  readonly tokenAxis: 0 | 1 | null;
  /** The layout of the weight in a file, relative to `readWeight`. */
  weightLayout(site: Pick<Site, "fanInFanOut">): FileLayout;
  /** Shape in a file of a vector with one number for each output. */
  outputsInFile(layer: Layer): readonly number[];
  /** Why the update cannot be merged into the weight; null if it can. */
  problemOfMerging(layer: Pick<Layer, "geometry">): string | null;
}
