import * as tf from "@tensorflow/tfjs-core";
import type { AnswerScores, PreferenceLoss, PreferenceSettings } from "../preference-loss-row.ts";
import { smoothedLogistic } from "./log-odds.ts";

/** β·(log π − log π_ref): what an answer is worth to every loss that compares with the base. */
export function relativeReward({ logProbs, reference }: AnswerScores, { beta }: PreferenceSettings): tf.Tensor1D {
  return tf.mul(tf.sub(logProbs, reference), beta);
}

/** −log σ(r(chosen) − r(rejected)); with label smoothing it is cDPO. */
export const dpo: PreferenceLoss = {
  source: 'Rafailov et al. 2023, eq. 7; Mitchell 2023 for label smoothing; TRL: DPOTrainer, loss_type "sigmoid"',
  reads: ["beta", "labelSmoothing"],
  reference: true,
  losses({ chosen, rejected }, settings) {
    const margin = tf.sub(relativeReward(chosen, settings), relativeReward(rejected, settings));
    return smoothedLogistic(margin, settings.labelSmoothing);
  },
  rewards: relativeReward,
};
