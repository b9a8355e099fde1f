import * as tf from "@tensorflow/tfjs-core";
import type { PreferenceLoss } from "../preference-loss-row.ts";
import { relativeReward } from "./dpo.ts";

/** Each answer by itself, 1 − σ(r − z) of a good one and 1 − σ(z − r) of a bad one, where z is what answers to other prompts gained. */
export const kto: PreferenceLoss = {
  source: "Ethayarajh et al. 2024, eq. 7; TRL: KTOTrainer",
  reads: ["beta", "desirableWeight", "undesirableWeight"],
  reference: true,
  mismatched: true,
  single: true,
  losses({ all, good, divergence }, settings) {
    const { beta, desirableWeight, undesirableWeight } = settings;
    const lead = tf.sub(relativeReward(all, settings), tf.mul(divergence, beta));
    const sign = tf.sub(tf.mul(good, 2), 1);
    const weights = tf.add(tf.mul(good, desirableWeight), tf.mul(tf.sub(1, good), undesirableWeight));
    return tf.mul(tf.sub(1, tf.sigmoid(tf.mul(lead, sign))), weights);
  },
  rewards: relativeReward,
};
