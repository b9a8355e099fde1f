// From where the parts of an adapter get their first values: drawn anew, or read from a file.

import type { ParameterRef, Site } from "@lowrank/contracts";
import type { LoraPair, LowRankAdaptation } from "@lowrank/math";
import type * as tf from "@tensorflow/tfjs-core";
import type { PlannedParameter, PlannedRawParameter, PlannedSite, PlannedTokenRows } from "../planned/planned-parts.ts";

/** Where the first values of an adapter come from. Whoever asks takes ownership. */
export interface ValueSource {
  /** `name` is unique among all variables of the program. */
  pair(entry: PlannedSite, name: string, site: Site): LoraPair;
  /**
   * DoRA's lengths [outFeatures]; the site's pair exists already, and `plain` is what it does without them. `weight` reads
   * what it is added to.
   */
  magnitude(entry: Pick<PlannedSite, "keys">, weight: () => tf.Tensor, plain: LowRankAdaptation): tf.Tensor;
  /** The bias on B, [outFeatures]. */
  bias(entry: PlannedSite): tf.Tensor;
  rawPair(planned: PlannedRawParameter, name: string): LoraPair;
  /** As computed with. */
  parameter(planned: PlannedParameter, parameter: ParameterRef): tf.Tensor;
  /** [tokens, width] */
  rows(planned: PlannedTokenRows, site: Site): tf.Tensor2D;
}
