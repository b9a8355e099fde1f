// The interface of all low-rank adaptations, for all kinds of sites.

import type { Adaptation, AdaptationCall } from "@lowrank/contracts/internal";
import type * as tf from "@tensorflow/tfjs-core";
import type { RowUpdate } from "../update/row-update.ts";

/** A layer's bias and weight before any merge. */
export interface BiasBases {
  /** [outFeatures] */
  readonly bias: tf.Tensor;
  /** The weight as `fold` gets it. Call it inside a tidy. */
  weight(): tf.Tensor;
}

/** An adaptation with a variable strength that can be merged into the weight. */
export interface LowRankAdaptation extends Adaptation {
  /** s. It may change at any time; the next call uses the new value. */
  scale: number;
  /**
   * The part to subtract from the frozen product, if A and B replace a part of the weight (PiSSA); independent of dropout. The
   * caller owns the result.
   */
  replacedOutput?(call: AdaptationCall): tf.Tensor | undefined;
  /** The update of the weight in the layout of the site's `readWeight`, times `strength`. The caller owns it. */
  delta(strength: number): tf.Tensor;
  /** The update for the norms of the weight's columns, if it differs from `delta`. The caller owns it. */
  deltaForNorms?(strength: number): tf.Tensor;
  /** The update in file order, with magnitudes if there are any: what `fold` does to a weight's rows. */
  rows(): Promise<RowUpdate>;
  /** The weight with this adaptation merged. `base` is the weight before any merge. The caller owns the result. */
  fold(weight: tf.Tensor, base: tf.Tensor): tf.Tensor;
  /** The same for the bias; absent if the bias does not change. */
  foldBias?(bias: tf.Tensor, bases: BiasBases): tf.Tensor;
  /** True if `foldBias` changes only parts that earlier adaptations added. */
  readonly foldsOnlyAdded?: boolean;
  /** Frees cached values; a later call computes them again. */
  release?(): void;
}
