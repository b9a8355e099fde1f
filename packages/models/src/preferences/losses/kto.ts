import * as tf from "@tensorflow/tfjs-core";
import type { PreferenceLoss } from "../preference-loss-row.ts";
import { relativeReward } from "./dpo.ts";

/**
 * Each answer by itself, 1 − σ(r − z) of a chosen one and 1 − σ(z − r) of a rejected one, where z is what answers to other
 * prompts gained: the mean of a pair's two.
 */
export const kto: PreferenceLoss = {
  source: "Ethayarajh et al. 2024, eq. 7; TRL: KTOTrainer on both answers of each pair",
  reads: ["beta"],
  reference: true,
  mismatched: true,
  losses({ chosen, rejected, divergence }, settings) {
    const point = tf.mul(divergence, settings.beta);
    const lossOf = (lead: tf.Tensor) => tf.sub(1, tf.sigmoid(lead));
    const losses = [
      lossOf(tf.sub(relativeReward(chosen, settings), point)),
      lossOf(tf.sub(point, relativeReward(rejected, settings))),
    ];
    return tf.mul(tf.addN(losses), 0.5);
  },
  rewards: relativeReward,
};
