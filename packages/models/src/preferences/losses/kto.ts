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

/** Each answer by itself, 1 − σ(r − z) of a good one and 1 − σ(z − r) of a bad one, where z is what answers to other prompts gained. */
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
