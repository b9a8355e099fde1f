// The second kind of door: a named weight that can be overridden while an adapter is attached – saved modules, biases,
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
  /** True where the file stores the two axes the other way round (torch's linear layers). */
  readonly transposedInFile: boolean;
  /** True for a stack of matrices stored [experts, inFeatures, outFeatures] (transformers' `is_transposed`). */
  readonly isStackedInOut?: boolean;
  /** Path of the parameter that shares these values, if one does. */
  readonly tiedWith?: string;

  /** A copy of the frozen value; the caller disposes of it. */
  read(): Tensor;
  /**
   * In calls that select `adapterName`, computes with `value` instead of the frozen one: a variable (trainable; the
   * caller keeps ownership) or a function of the value so far, which is the frozen one unless an adapter before this one
   * changed it. `weight` is that of the adapter in the active set, `context` the call's. `variables` names everything trainable that the function
   * reads, so that a recomputed block can be differentiated for it.
   */
  override(
    adapterName: string,
    value: Variable | ((value: Tensor, weight: number, context: ForwardContext) => Tensor),
    variables?: readonly Variable[],
  ): Restore;
  /** Computes with `value` (shape `shape`) from now on and takes ownership of it. */
  replace(value: Tensor): Restore;
  /**
   * Frees what `replace` hid, unless another module computes with it: there is no way back then, and calling a `Restore`
   * does nothing. Absent where hidden values stay.
   */
  forgetReplaced?(): void;
}
