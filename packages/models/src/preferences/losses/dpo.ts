import * as tf from "@tensorflow/tfjs-core";
import {
  type AnswerScores,
  type BetaSetting,
  beta,
  type PreferenceLoss,
  type PreferenceSetting,
} from "../preference-loss-row.ts";
import { smoothedLogistic } from "./log-odds.ts";

/** β·(log π − log π_ref): an answer's implicit reward in every loss that compares with the base. */
export function relativeReward({ logProbs, reference }: AnswerScores, { beta }: BetaSetting): tf.Tensor1D {
  return tf.mul(tf.sub(logProbs, reference), beta);
}

/** A share that softens the loss. */
export type SmoothingSetting = BetaSetting & {
  /** The share of pairs that are the wrong way round. */
  readonly labelSmoothing: number;
};

export const labelSmoothing: PreferenceSetting = {
  default: 0,
  idle: 0,
  problemOf: (value) => (value >= 0 && value < 0.5 ? undefined : "is not a number from 0 to below 0.5"),
};

/** −log σ(r(chosen) − r(rejected)); with label smoothing it is cDPO. */
export const dpo: PreferenceLoss<SmoothingSetting> = {
  source: 'Rafailov et al. 2023, eq. 7; Mitchell 2023 for label smoothing; TRL: DPOTrainer, loss_type "sigmoid"',
  settings: { beta, labelSmoothing },
  reference: true,
  losses({ chosen, rejected }, settings) {
    const margin = tf.sub(relativeReward(chosen, settings), relativeReward(rejected, settings));
    return smoothedLogistic(margin, settings.labelSmoothing);
  },
  rewards: relativeReward,
};
