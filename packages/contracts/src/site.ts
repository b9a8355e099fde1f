// The first kind of hook point, a site: a named layer that computes y = f(x, W) with a frozen weight. It accepts adaptations, which
// add to its output. No layer is replaced, so no parameter is ever renamed.

// biome-ignore lint/suspicious/noTsIgnore: the error only occurs where TensorFlow.js is not installed.
/** @ts-ignore: an optional peer. Without it, its types are `any`, and packages without tensors still compile. */
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { ForwardContext } from "./forward-context.ts";

/** Removes what an `attach` added. Calling it twice does nothing more. */
export type Detach = () => void;

/** Restores the replaced value, bit for bit. Calling it twice does nothing more. */
export type Restore = () => void;

/** One application of an adaptation at a site. */
export interface AdaptationCall {
  /** Linear: [batch, time, inFeatures] or [rows, inFeatures]; embedding: token ids; convolution: NHWC. */
  readonly input: Tensor;
  /**
   * The site's output so far: the frozen product and bias, plus earlier adaptations. An adaptation may reuse this tensor's memory for
   * its result if the engine allows it, so clone it to keep it.
   */
  readonly output: Tensor;
  readonly site: Site;
  readonly context: ForwardContext;
  /** The weight of its adapter in the active set, which multiplies the adaptation's own scaling. */
  readonly weight: number;
}

/** scale·(x·a)·b, for a [inFeatures, rank] and b [rank, outFeatures]. */
export interface LowRankBranch {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly scale: number;
  /** The rows of the batch to which it is added; absent: all. */
  readonly rows?: readonly boolean[] | undefined;
}

/** The part of an adapter at one site: LoRA, a variant of it, or a recorder of inputs. */
export interface Adaptation {
  /** All variables, listed explicitly so that a recomputed block can be differentiated for them. */
  readonly variables: readonly Variable[];
  /**
   * If `apply` only adds scale·(x·a)·b to a linear site's output in this context: its matrices. An engine can then
   * fuse it into a larger graph.
   */
  lowRank?(context: ForwardContext): LowRankBranch | undefined;
  /** Returns the new output, in the shape of `call.output`. It must not dispose of its inputs. */
  apply(call: AdaptationCall): Tensor;
}

/** Stride, padding and layout of a convolution, in tfjs' conventions (NHWC, HWIO). */
export interface ConvolutionGeometry {
  readonly kernel: readonly [height: number, width: number];
  readonly strides: readonly [height: number, width: number];
  readonly padding: readonly [height: number, width: number];
  readonly dilations: readonly [height: number, width: number];
  readonly groups: number;
  /** Spatial axes of the kernel in files: 1 for torch's Conv1d, whose height is 1 here. Default 2. */
  readonly axesInFile?: 1 | 2;
}

/** The values that a site computes with in one call, including overrides by the selected adapters. */
export interface SiteValues {
  /** Layout of `readWeight`. */
  readonly weight: Tensor;
  /** [outFeatures] */
  readonly bias?: Tensor;
}

/** A named hook point with a frozen weight. */
export interface Site {
  readonly kind: "linear" | "embedding" | "convolution";
  /** transformers' module path, the one PEFT writes: "model.layers.0.self_attn.q_proj". */
  readonly path: string;
  readonly role: "body" | "input-embedding" | "output-head";
  /** Parameter path of the bias, if it is not `<path>.bias` (BERT's tied masked-language head). */
  readonly biasPath?: string;
  /** Width of the input (embedding: vocabulary size; convolution: channels). */
  readonly inFeatures: number;
  /** Width of the output (embedding: dimension of a row; convolution: channels). */
  readonly outFeatures: number;
  readonly hasBias: boolean;
  /** Whether the checkpoint stores the weight as [in, out] (GPT-2's Conv1D); PEFT's `fan_in_fan_out`. */
  readonly fanInFanOut: boolean;
  /** Path of the module that shares this weight, if one does. */
  readonly tiedWith?: string;
  /** Whether a merge or another replacement changed the weight; absent if a site does not know. */
  readonly isReplaced?: boolean;
  /** For an embedding: the row that gets no gradient (torch's `padding_idx`), if there is one. */
  readonly paddingRow?: number;
  /** An embedding's output is multiplied by this (Gemma); 1 elsewhere. */
  readonly outputScale?: number;
  readonly geometry?: ConvolutionGeometry;
  /** The reason why adapters cannot act here. Such a site is listed only for the error when a caller targets it. */
  readonly refusal?: string;

  /** Adds an adaptation under an adapter's name; it acts only in calls that select that adapter. */
  attach(adapterName: string, adaptation: Adaptation): Detach;
  /** The frozen product without bias and without adaptations. */
  applyBase(input: Tensor): Tensor;
  /**
   * The values of this call before adaptations, for adaptations that read the weight. Call it inside a tidy and dispose of
   * nothing. A site without it computes with `readWeight` and `applyBase`.
   */
  values?(context: ForwardContext): SiteValues;
  /**
   * An object that identifies the weight of `values`, as a cache key: a changed weight has another object. Undefined or absent if
   * changes cannot be detected.
   */
  weightIdentity?(context: ForwardContext): object | undefined;
  /** A copy of the frozen weight as [inFeatures, outFeatures] (convolution: HWIO); the caller disposes of it. */
  readWeight(): Tensor;
  /** Computes with `weight` (same layout as `readWeight`) from now on and takes ownership of it. */
  replaceWeight(weight: Tensor): Restore;
}
