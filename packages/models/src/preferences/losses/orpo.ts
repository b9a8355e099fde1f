import * as tf from "@tensorflow/tfjs-core";
import { type AnswerScores, type BetaSetting, beta, type PreferenceLoss } from "../preference-loss-row.ts";
import { log1mExp, logSigmoid } from "./log-odds.ts";
import { meanReward } from "./simpo.ts";

/** log(p / (1 − p)) of a token's mean probability. */
function logOdds({ logProbs, lengths }: AnswerScores): tf.Tensor {
  const mean = tf.div(logProbs, lengths);
  return tf.sub(mean, log1mExp(mean));
}

/** The chosen rows as text, and −β·log σ of the odds' ratio: tuning and preferring at once, without the base. */
export const orpo: PreferenceLoss<BetaSetting> = {
  source: "Hong et al. 2024, eq. 6; TRL: ORPOTrainer, which counts the prompt's tokens in the text's loss, too",
  settings: { beta },
  reference: false,
  text: true,
  losses({ chosen, rejected, textLoss }, { beta }) {
    return tf.sub(textLoss, tf.mul(logSigmoid(tf.sub(logOdds(chosen), logOdds(rejected))), beta));
  },
  rewards: meanReward,
};
