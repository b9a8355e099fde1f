// The pieces that an adapter is made of, seen alike: variables with names in files, doors to open, weights to fold into.

import type { Restore } from "@lowrank/contracts";
import type { FileLayout, RowUpdate } from "@lowrank/math";
import type * as tf from "@tensorflow/tfjs-core";
import type { HookPoint } from "./open-hook-points.ts";

/** One tensor of an adapter file, while it is in use. */
export interface AdapterVariable {
  /** Name in an adapter file, without "base_model.model.". */
  readonly key: string;
  readonly variable: tf.Variable;
  readonly layout: FileLayout;
  readonly isTrained: boolean;
  /** True for a frozen weight of the base that the file brings along (PEFT's `save_embedding_layers`). */
  readonly isOfBase?: boolean;
}

/** What an adapter computes with in place of a weight of the base. */
export interface OwnValues {
  /** The whole of the weight, or the rows of a table with these indices. */
  readonly rows: "all" | readonly number[];
  readonly variable: tf.Variable;
  readonly isTrained: boolean;
}

/** One weight of the base that an adapter changes, for whoever folds the change in. */
export interface WeightChange {
  /** transformers' parameter path. */
  readonly path: string;
  /** "replacement": whatever the weight was does not matter; "update": it is added to or partly replaced. */
  readonly kind: "replacement" | "update";
  /** Path of the parameter that shares the weight, where that one does not get the same change. */
  readonly tiedWith?: string;
  /** Absent where the change is computed from pairs: those of several adapters add up. */
  readonly own?: OwnValues;
  /** Why it cannot be folded in, if it cannot. */
  readonly problem?: string;
  /** A copy of the frozen weight; the caller disposes of it. */
  read(): tf.Tensor;
  /** True where it changes only what other adapters have changed already: alone, it leaves the weight as it is. */
  readonly onlyAfterOthers?: boolean;
  /**
   * The new weight, from the one so far and from the one before any update. `baseOf` gives the latter of any weight, by
   * path; call it inside a tidy. The caller owns the result.
   */
  fold(weight: tf.Tensor, base: tf.Tensor, baseOf: (path: string) => tf.Tensor): tf.Tensor;
  /** The same row by row; absent where the weight is looked at as a whole, as a bias is. */
  readonly inRows?: () => Promise<RowChange>;
  /** Computes with `value` from now on and takes ownership of it. */
  replace(value: tf.Tensor): Restore;
}

/** One thing that an adapter changes in a model. */
export interface AdapterPart extends HookPoint {
  /** Owned by the handle. */
  readonly tensors: readonly AdapterVariable[];
  readonly changes: readonly WeightChange[];
  /** True for a value that replaces a weight: it comes before those that are added to it. */
  readonly actsFirst?: boolean;
  /** Acts with `factor` times the scaling that the configuration gives; absent where nothing is scaled. */
  setScale?(factor: number): void;
  /** Frees its variables. */
  dispose(): void;
}

// What an adapter does to a weight, row by row in the order of files: for whoever folds it into a weight that is larger than
// memory.

/** A weight's axes but the last are its rows; of a convolution, all axes but the first are its columns. */
export type RowChange =
  /** The whole weight is another one. */
  | { readonly kind: "whole"; readonly values: Float32Array }
  /** Some rows are others: `values` is [indices, columns]. */
  | { readonly kind: "rows"; readonly indices: readonly number[]; readonly values: Float32Array }
  /** Rows are added to, and perhaps stretched. */
  | ({ readonly kind: "low-rank" } & RowUpdate);
