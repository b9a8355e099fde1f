import * as tf from "@tensorflow/tfjs-core";
import { type BetaSetting, beta, fromZero, type PreferenceLoss } from "../preference-loss-row.ts";
import { relativeReward } from "./dpo.ts";

export type KtoSettings = BetaSetting & {
  /** How much good answers weigh. */
  readonly desirableWeight: number;
  /** How much bad ones do. */
  readonly undesirableWeight: number;
};

const weight = fromZero({ default: 1, idle: 1 });

/** For each answer, 1 − σ(r − z) if it is good and 1 − σ(z − r) if it is bad. z estimates the KL divergence from answers to other prompts. */
export const kto: PreferenceLoss<KtoSettings> = {
  source: "Ethayarajh et al. 2024, eq. 7; TRL: KTOTrainer",
  settings: { beta, desirableWeight: weight, undesirableWeight: weight },
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
