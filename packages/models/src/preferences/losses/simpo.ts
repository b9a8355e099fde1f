import * as tf from "@tensorflow/tfjs-core";
import { type AnswerScores, type BetaSetting, beta, fromZero, type PreferenceLoss } from "../preference-loss-row.ts";
import { labelSmoothing, type SmoothingSetting } from "./dpo.ts";
import { smoothedLogistic } from "./log-odds.ts";

/** β times the mean log-probability of a token: longer answers are worth no more. */
export function meanReward({ logProbs, lengths }: AnswerScores, { beta }: BetaSetting): tf.Tensor1D {
  return tf.mul(tf.div(logProbs, lengths), beta);
}

export type SimpoSettings = SmoothingSetting & {
  /** The margin by which the chosen answer should lead: SimPO's γ. */
  readonly margin: number;
};

/** −log σ(r(chosen) − r(rejected) − γ), without the base. */
export const simpo: PreferenceLoss<SimpoSettings> = {
  source: 'Meng et al. 2024, eq. 6; TRL: CPOTrainer, loss_type "simpo" with cpo_alpha 0',
  settings: { beta: { ...beta, default: 2 }, labelSmoothing, margin: fromZero({ default: 1, idle: 0 }) },
  reference: false,
  losses({ chosen, rejected }, settings) {
    const lead = tf.sub(meanReward(chosen, settings), meanReward(rejected, settings));
    return smoothedLogistic(tf.sub(lead, settings.margin), settings.labelSmoothing);
  },
  rewards: meanReward,
};
