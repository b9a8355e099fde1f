// What a kind of layer – a linear map, an embedding, a convolution, a raw parameter – has to say about its pair: one row each.

import type { ConvolutionGeometry, Site } from "@lowrank/contracts";
import type { DrawKey, DropoutDraw } from "@lowrank/engine";
import type * as tf from "@tensorflow/tfjs-core";
import type { FactorSpec, TwoMatrices, Update } from "../update/factor.ts";
import type { FileLayout } from "../update/file-layout.ts";
import type { RowSides } from "../update/row-update.ts";

/** What a row needs to know of a layer. A `Site` is one. */
export interface Layer {
  readonly path?: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly geometry?: ConvolutionGeometry | undefined;
  /** Number of pairs that lie side by side: a raw parameter's experts. Default 1. */
  readonly experts?: number;
}

/** The two factors of a plain pair. */
export type MatrixSpecs = readonly [a: FactorSpec, b: FactorSpec];

/**
 * How the two matrices start, as PEFT's `init_lora_weights`: "default" (True), "gaussian", or "random" (False: the
 * update is not zero, for tests).
 */
export type RandomInit = "default" | "gaussian" | "random";

/** What decides about the first values of a pair. */
interface InitialMatrices {
  readonly a: { readonly shape: readonly [number, number]; readonly key: DrawKey };
  readonly b: { readonly shape: readonly [number, number]; readonly key: DrawKey };
  /** Of one update, where experts lie side by side. */
  readonly rank: number;
}

/** What every kind of layer has. */
export interface LayerKind {
  /** What its halves are to the layer, the ends of their names. */
  readonly parts: readonly [a: "lora_A" | "lora_embedding_A", b: "lora_B" | "lora_embedding_B"];
  /** Why a layer can have no pair of this rank; null if it can. */
  refusal(layer: Layer, rank: number): string | null;
  /** The plain pair of a layer. */
  specs(layer: Layer, rank: number): MatrixSpecs;
  /** First values of both halves: rows of PEFT's `reset_lora_parameters`. The caller owns them. */
  initialize(init: RandomInit, initial: InitialMatrices): [a: tf.Tensor, b: tf.Tensor];
}

/** One application of a pair. */
interface BranchCall {
  readonly input: tf.Tensor;
  /** What is dropped of the input, where the branch `dropsInput`. */
  readonly dropout?: DropoutDraw | undefined;
  /** What the branch is added to, which may be the place of the result. */
  readonly output: tf.Tensor;
  readonly site: Pick<Site, "paddingRow" | "outputScale">;
  readonly layer: Pick<Layer, "geometry">;
  readonly mayReuseOutput?: boolean;
}

/** How a pair acts at a layer. */
export interface Branch {
  /** Whether its input is something that dropout can drop. */
  readonly dropsInput: boolean;
  /** output + scale·(the branch of the input). Call it inside a `tidy`. */
  add(call: BranchCall, matrices: TwoMatrices, scale: number): tf.Tensor;
  /** ΔW in the layout of the site's `readWeight`, times `scale`. The caller owns it. */
  delta(update: Update, scale: number, layer: Pick<Layer, "geometry">): tf.Tensor;
  /** What is added to the weight before lengths of its outputs are taken, where that is not `delta`. The caller owns it. */
  deltaForLengths?(update: Update, scale: number, layer: Pick<Layer, "geometry">): tf.Tensor;
  /** How the halves of an update give ΔW as a file has it. */
  rowSides(matrices: TwoMatrices, layer: Pick<Layer, "geometry"> & { readonly fanInFanOut?: boolean }): RowSides;
}

/** What kinds of sites have besides. */
export interface SiteKind extends LayerKind, Branch {
  /** Along which axis of `readWeight` a table has its tokens – a head's table is seen the other way round –; null: none. */
  readonly tokenAxis: 0 | 1 | null;
  /** How the weight lies in a file, seen from `readWeight`. */
  weightLayout(site: Pick<Site, "fanInFanOut">): FileLayout;
  /** Shape in a file of one number for each output. */
  outputsInFile(layer: Layer): readonly number[];
  /** Why the update has no place in the weight; null if it has one. */
  problemOfMerging(layer: Pick<Layer, "geometry">): string | null;
}
