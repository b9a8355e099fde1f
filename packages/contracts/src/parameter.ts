// The second kind of hook point: a named weight that can be overridden while an adapter is attached – saved modules, biases,
// trained token rows.

// biome-ignore lint/suspicious/noTsIgnore: the error only occurs where TensorFlow.js is not installed.
/** @ts-ignore: an optional peer. Without it, its types are `any`, and packages without tensors still compile. */
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { ForwardContext } from "./forward-context.ts";
import type { Restore } from "./site.ts";

/** A named weight of a model. */
export interface ParameterRef {
  /** transformers' parameter path: "classifier.weight", "transformer.h.0.attn.c_attn.bias". */
  readonly path: string;
  /** Shape as computed with; for a linear weight [inFeatures, outFeatures]. */
  readonly shape: readonly number[];
  /** Whether the file stores the two axes transposed (torch's linear layers). */
  readonly transposedInFile: boolean;
  /** True for a stack of matrices stored [experts, inFeatures, outFeatures] (transformers' `is_transposed`). */
  readonly isStackedInOut?: boolean;
  /** Path of the parameter that shares these values, if one does. */
  readonly tiedWith?: string;

  /** A copy of the frozen value; the caller disposes of it. */
  read(): Tensor;
  /**
   * In calls that select `adapterName`, computes with `value` instead of the frozen one. `value` is a variable (trainable; the caller
   * keeps ownership) or a function of the current value, which earlier adapters may have changed. `weight` is that of the adapter in
   * the active set, `context` the call's. `variables` lists all variables that the function reads, so that a recomputed block can be
   * differentiated for them.
   */
  override(
    adapterName: string,
    value: Variable | ((value: Tensor, weight: number, context: ForwardContext) => Tensor),
    variables?: readonly Variable[],
  ): Restore;
  /** Computes with `value` (shape `shape`) from now on and takes ownership of it. */
  replace(value: Tensor): Restore;
  /**
   * Frees the values that `replace` replaced, unless another module uses them. They cannot be restored then: a `Restore` does nothing.
   * Absent if replaced values are always kept.
   */
  forgetReplaced?(): void;
}
