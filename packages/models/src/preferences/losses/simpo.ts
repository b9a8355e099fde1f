import * as tf from "@tensorflow/tfjs-core";
import type { AnswerScores, PreferenceLoss, PreferenceSettings } from "../preference-loss-row.ts";
import { smoothedLogistic } from "./log-odds.ts";

/** β times the mean log-probability of a token: longer answers are worth no more. */
export function meanReward({ logProbs, lengths }: AnswerScores, { beta }: PreferenceSettings): tf.Tensor1D {
  return tf.mul(tf.div(logProbs, lengths), beta);
}

/** −log σ(r(chosen) − r(rejected) − γ), without the base. */
export const simpo: PreferenceLoss = {
  source: 'Meng et al. 2024, eq. 6; TRL: CPOTrainer, loss_type "simpo" with cpo_alpha 0',
  defaults: { beta: 2, margin: 1 },
  reads: ["beta", "margin", "labelSmoothing"],
  reference: false,
  losses({ chosen, rejected }, settings) {
    const lead = tf.sub(meanReward(chosen, settings), meanReward(rejected, settings));
    return smoothedLogistic(tf.sub(lead, settings.margin), settings.labelSmoothing);
  },
  rewards: meanReward,
};
