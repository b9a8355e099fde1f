// The common interface of an adapter's parts: variables with names in files, hook points to attach to, weights to merge into.

import type { Restore } from "@lowrank/contracts/internal";
import type { FileLayout, RowUpdate } from "@lowrank/math/internal";
import type * as tf from "@tensorflow/tfjs-core";
import type { Attachable } from "./attach-all.ts";

/** One tensor of an adapter, as a variable. */
export interface AdapterVariable {
  /** Name in an adapter file, without "base_model.model.". */
  readonly key: string;
  readonly variable: tf.Variable;
  readonly layout: FileLayout;
  readonly isTrained: boolean;
  /** True for a frozen base weight that the file contains (PEFT's `save_embedding_layers`). */
  readonly isOfBase?: boolean;
}

/** Values that an adapter uses instead of a base weight. */
export interface ReplacementValues {
  /** The whole weight, or rows of an embedding with these indices. */
  readonly rows: "all" | readonly number[];
  readonly variable: tf.Variable;
  readonly isTrained: boolean;
}

/** The change of one base weight, for merging. */
export interface WeightChange {
  /** transformers' parameter path. */
  readonly path: string;
  /** "replacement": independent of the old weight. "update": added to it, or replacing a part. */
  readonly kind: "replacement" | "update";
  /** Path of the parameter that shares the weight, if it does not get the same change. */
  readonly tiedWith?: string;
  /** Absent for low-rank changes: those of several adapters are summed. */
  readonly replacement?: ReplacementValues;
  /** Why it cannot be merged; undefined if it can. */
  readonly problem?: string;
  /** A copy of the frozen weight. The caller disposes of it. */
  read(): tf.Tensor;
  /** True if it changes only what other adapters changed; alone it has no effect. */
  readonly onlyAfterOthers?: boolean;
  /**
   * The new weight, from the current one and the one before all updates. `baseOf` gives any weight before the updates, by path;
   * call it inside a tidy. The caller owns the result.
   */
  fold(weight: tf.Tensor, base: tf.Tensor, baseOf: (path: string) => tf.Tensor): tf.Tensor;
  /** The same row by row; absent if the weight is needed as a whole, like a bias. */
  readonly inRows?: () => Promise<RowChange>;
  /** Replaces the weight by `value`, and takes ownership of it. */
  replace(value: tf.Tensor): Restore;
}

export interface AdapterPart extends Attachable {
  /** Owned by the handle. */
  readonly tensors: readonly AdapterVariable[];
  readonly changes: readonly WeightChange[];
  /** True for a value that replaces a weight: it is applied before updates. */
  readonly actsFirst?: boolean;
  /** Sets the scaling to `factor` times the configuration's; absent if the part has no scaling. */
  setScale?(factor: number): void;
  /** Frees its variables. */
  dispose(): void;
}

// The change of a weight row by row in file order, for merging into a weight that is larger than memory.

/** All axes of a weight except the last are rows; for a convolution, all except the first are columns. */
export type RowChange =
  /** The whole weight is replaced. */
  | { readonly kind: "whole"; readonly values: Float32Array }
  /** Some rows are replaced: `values` is [indices, columns]. */
  | { readonly kind: "rows"; readonly indices: readonly number[]; readonly values: Float32Array }
  /** An update is added, and rows may be scaled by magnitudes. */
  | ({ readonly kind: "low-rank" } & RowUpdate);
