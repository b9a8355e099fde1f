// The first kind of door: a named place where y = f(x, W) is computed from a frozen weight. It accepts adaptations,
// which add to its output in activation space. No layer is replaced, so no parameter is ever renamed.

// biome-ignore lint/suspicious/noTsIgnore: the error only occurs where TensorFlow.js is not installed.
/** @ts-ignore: an optional peer. Without it, its types are `any`, and packages without tensors still compile. */
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { ForwardContext } from "./forward-context.ts";

/** Removes what an `attach` added. Calling it twice does nothing more. */
export type Detach = () => void;

/** Puts back, bit for bit, what a replacement hid. Calling it twice does nothing more. */
export type Restore = () => void;

/** One application of an adaptation at a site. */
export interface AdaptationCall {
  /** Linear: [batch, time, inFeatures] or [rows, inFeatures]; embedding: token ids; convolution: NHWC. */
  readonly input: Tensor;
  /**
   * The site's output so far, bias included: the frozen product plus earlier adaptations. An adaptation may put its result
   * into this tensor's memory where the engine allows it, so whoever wants to keep it clones it.
   */
  readonly output: Tensor;
  readonly site: Site;
  readonly context: ForwardContext;
  /** Multiplies the adaptation's own scaling: the weight of its adapter in the active set. */
  readonly weight: number;
}

/** scale·(x·a)·b, for a [inFeatures, rank] and b [rank, outFeatures]. */
export interface LowRankBranch {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly scale: number;
  /** Which rows of the batch it is added to; absent: all. */
  readonly rows?: readonly boolean[] | undefined;
}

/** What an adapter does at one site: LoRA, a variant of it, or a recorder of inputs. */
export interface Adaptation {
  /** Everything trainable here, named explicitly so that a recomputed block can be differentiated for it. */
  readonly variables: readonly Variable[];
  /**
   * What `apply` adds to a linear site's output in this context when nothing is dropped, if that is no more than scale·(x·a)·b:
   * an engine can then make it part of a larger graph.
   */
  lowRank?(context: ForwardContext): LowRankBranch | undefined;
  /** Returns the new output, same shape as `call.output`. Disposes of nothing that it was given. */
  apply(call: AdaptationCall): Tensor;
}

/** Stride, padding and layout of a convolution, as tfjs counts them (NHWC, HWIO). */
export interface ConvolutionGeometry {
  readonly kernel: readonly [height: number, width: number];
  readonly strides: readonly [height: number, width: number];
  readonly padding: readonly [height: number, width: number];
  readonly dilations: readonly [height: number, width: number];
  readonly groups: number;
  /** How many axes the kernel has in files: 1 for torch's Conv1d, whose height is 1 here. Default 2. */
  readonly axesInFile?: 1 | 2;
}

/** What a site computes with in one call: overrides by the selected adapters included. */
export interface SiteValues {
  /** Layout of `readWeight`. */
  readonly weight: Tensor;
  /** [outFeatures] */
  readonly bias?: Tensor;
}

/** A named place with a frozen weight. */
export interface Site {
  readonly kind: "linear" | "embedding" | "convolution";
  /** transformers' module path, the one PEFT writes: "model.layers.0.self_attn.q_proj". */
  readonly path: string;
  readonly role: "body" | "input-embedding" | "output-head";
  /** Parameter path of the bias, where that is not `<path>.bias` (BERT's tied masked-language head). */
  readonly biasPath?: string;
  /** Width of the input (embedding: vocabulary size; convolution: channels). */
  readonly inFeatures: number;
  /** Width of the output (embedding: dimension of a row; convolution: channels). */
  readonly outFeatures: number;
  readonly hasBias: boolean;
  /** True where the checkpoint stores the weight as [in, out] (GPT-2's Conv1D); PEFT's `fan_in_fan_out`. */
  readonly fanInFanOut: boolean;
  /** Path of the module that shares this weight, if one does. */
  readonly tiedWith?: string;
  /** Whether something – a merge – replaced the weight; absent where a site cannot tell. */
  readonly isReplaced?: boolean;
  /** The embedding's row to which look-ups send no gradient (torch's `padding_idx`), if there is one. */
  readonly paddingRow?: number;
  /** An embedding's output is multiplied by this (Gemma); 1 elsewhere. */
  readonly outputScale?: number;
  readonly geometry?: ConvolutionGeometry;
  /** Why no adapter can act here, of a place that is shown so that whoever names it is told; absent where one can. */
  readonly refusal?: string;

  /** Adds an adaptation under an adapter's name; it acts only in calls that select that adapter. */
  attach(adapterName: string, adaptation: Adaptation): Detach;
  /** The frozen product without bias and without adaptations. */
  applyBase(input: Tensor): Tensor;
  /**
   * What this call computes with before adaptations, for those that look at the weight themselves. Call it inside
   * a tidy and dispose of nothing. A site without it is taken to compute with `readWeight` and `applyBase`.
   */
  values?(context: ForwardContext): SiteValues;
  /**
   * Stands for the weight of `values`, for those that keep what they computed from it: another object as soon as the weight is
   * another. Undefined, or absent, where nothing tells that it changed.
   */
  weightIdentity?(context: ForwardContext): object | undefined;
  /** A copy of the frozen weight as [inFeatures, outFeatures] (convolution: HWIO); the caller disposes of it. */
  readWeight(): Tensor;
  /** Computes with `weight` (same layout as `readWeight`) from now on and takes ownership of it. */
  replaceWeight(weight: Tensor): Restore;
}
