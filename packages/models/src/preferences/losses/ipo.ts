import * as tf from "@tensorflow/tfjs-core";
import { type AnswerScores, type BetaSetting, beta, type PreferenceLoss } from "../preference-loss-row.ts";
import { relativeReward } from "./dpo.ts";

function perToken({ logProbs, reference, lengths }: AnswerScores): tf.Tensor {
  return tf.div(tf.sub(logProbs, reference), lengths);
}

/** (h − 1/2β)², where h is the difference of both answers' mean log ratio per token. */
export const ipo: PreferenceLoss<BetaSetting> = {
  source: 'Azar et al. 2024, eq. 17, by token as its authors compute it; TRL: DPOTrainer, loss_type "ipo"',
  settings: { beta },
  reference: true,
  losses({ chosen, rejected }, { beta }) {
    return tf.square(tf.sub<tf.Tensor1D>(tf.sub(perToken(chosen), perToken(rejected)), 1 / (2 * beta)));
  },
  rewards: relativeReward,
};
