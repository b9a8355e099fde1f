import * as tf from "@tensorflow/tfjs-core";
import type { PreferenceLoss } from "../preference-loss-row.ts";
import { smoothedLogistic } from "./log-odds.ts";

/** −log σ(r(chosen) − r(rejected)), r the score of a classifier with one output. */
export const reward: PreferenceLoss = {
  source: "Bradley and Terry 1952; Ouyang et al. 2022, eq. 1; TRL: RewardTrainer",
  settings: {},
  reference: false,
  hasScores: true,
  losses: ({ chosen, rejected }) => smoothedLogistic(tf.sub(chosen.logProbs, rejected.logProbs), 0),
  rewards: ({ logProbs }) => logProbs,
};
