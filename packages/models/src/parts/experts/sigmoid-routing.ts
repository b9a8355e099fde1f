// How DeepSeek-V3 and its relatives choose experts (DeepSeek-AI 2024, section 2.1.2): by sigmoids with a bias that no gradient trains,
// and only within the best groups of experts.

import type { ParameterSlot } from "@lowrank/engine/hook-points";
import * as tf from "@tensorflow/tfjs-core";
import type { RoutingRule } from "./expert-mixture.ts";

export interface SigmoidRoutingOptions {
  /** Added to the sigmoids for the choice alone: [experts]. */
  readonly scoreCorrectionBias?: ParameterSlot | undefined;
  /** Groups of experts, and how many of them a token chooses from; a group counts by the sum of its two best. */
  readonly groups: number;
  readonly groupsPerToken: number;
  /** Whether a token's shares add up to 1 before they are scaled. */
  readonly normTopkProb: boolean;
  readonly scale: number;
}

export function sigmoidRouting(options: SigmoidRoutingOptions): RoutingRule {
  const { scoreCorrectionBias: bias, groups, groupsPerToken, normTopkProb, scale } = options;
  return {
    choice: (scores, context) => {
      // The same choice: high scores have equal sigmoids in float32.
      if (bias === undefined && groupsPerToken >= groups) return scores;
      const sigmoids = tf.sigmoid(scores);
      const biased = bias === undefined ? sigmoids : tf.add<tf.Tensor2D>(sigmoids, bias.value(context));
      return groupsPerToken < groups ? withinGroups(biased, groups, groupsPerToken) : biased;
    },
    shares: (scores, pick) => {
      const chosen = pick(tf.sigmoid(scores));
      const shares = normTopkProb ? tf.div(chosen, tf.add(tf.sum(chosen, 1, true), 1e-20)) : chosen;
      return tf.mul(shares, scale);
    },
  };
}

/** −∞ for experts outside of each token's best groups. values [tokens, experts] */
function withinGroups(values: tf.Tensor2D, groups: number, groupsPerToken: number): tf.Tensor2D {
  const [tokens, experts] = values.shape;
  const byGroup = tf.reshape(values, [tokens, groups, experts / groups]);
  const { indices } = tf.topk(tf.sum(tf.topk(byGroup, 2).values, 2), groupsPerToken);
  // In float32: tfjs-backend-webgpu cannot sum integers along an axis that is not the last.
  const isOne = tf.cast(tf.oneHot(tf.cast(indices, "int32"), groups), "float32");
  const isChosen = tf.sum(isOne, 1); // [tokens, groups]
  const allowed = tf.tile(tf.expandDims(tf.cast(isChosen, "bool"), 2), [1, 1, experts / groups]);
  const bounded = tf.where(allowed, byGroup, tf.fill(byGroup.shape, Number.NEGATIVE_INFINITY));
  return tf.reshape(bounded, [tokens, experts]);
}
