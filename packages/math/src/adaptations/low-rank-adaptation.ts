// What all low-rank adaptations have in common, whatever kind of site they sit at.

import type { Adaptation, AdaptationCall } from "@lowrank/contracts";
import type * as tf from "@tensorflow/tfjs-core";
import type { RowUpdate } from "../update/row-update.ts";

/** What a layer computes with before any adaptation was folded in. */
export interface BiasBases {
  /** [outFeatures] */
  readonly bias: tf.Tensor;
  /** As `fold` gets it, for those that look at it. Call it inside a tidy. */
  weight(): tf.Tensor;
}

/** An adaptation whose strength can be changed, and which can be folded into the weight it adapts. */
export interface LowRankAdaptation extends Adaptation {
  /** s, which may be changed at any time and takes effect with the next call. */
  scale: number;
  /**
   * What it takes out of the frozen product for an input, if the pair took over a part of the weight: the same with and
   * without dropout. The caller owns the result.
   */
  takenOver?(call: AdaptationCall): tf.Tensor | undefined;
  /** What it adds to the weight, in the layout of the site's `readWeight`, times `strength`. The caller owns it. */
  delta(strength: number): tf.Tensor;
  /** What is added to the weight before lengths of its outputs are taken, where that is not `delta`. The caller owns it. */
  deltaForLengths?(strength: number): tf.Tensor;
  /** What `delta` says in the order of files, with the lengths that its outputs are given: what `fold` does to a weight's rows. */
  rows(): Promise<RowUpdate>;
  /**
   * The weight that computes what `weight` and this adaptation compute together. `base` is the weight before any
   * adaptation was folded in. The caller owns the result.
   */
  fold(weight: tf.Tensor, base: tf.Tensor): tf.Tensor;
  /** The same for the bias; absent where the bias stays as it is. */
  foldBias?(bias: tf.Tensor, bases: BiasBases): tf.Tensor;
  /** True where `foldBias` changes only what earlier adaptations added: a bias that none has changed stays as it is. */
  readonly foldsOnlyAdded?: boolean;
  /** Frees what it keeps from one call to the next; a later call computes it again. */
  release?(): void;
}
