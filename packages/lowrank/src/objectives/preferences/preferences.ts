// Preference pairs: a chosen and a rejected answer to one prompt.

import { WrongTaskError } from "../../errors/model-errors.ts";
import { preferenceLossNames } from "../../options/row-losses.ts";
import type { Objective } from "../objective.ts";
import { measureRewards, type PreferenceOptions, preferencePlan, preferenceSettingNames } from "./learn-preferences.ts";

const rows = "a chosen and a rejected answer";
const learned = { losses: preferenceLossNames, rows };

export const preferences: Objective<PreferenceOptions> = {
  rows,
  takes: (row) => row.kind === "preference",
  options: ["loss", ...preferenceSettingNames, "template"],
  hasText: true,
  mayKeepClassifier: true,
  rate: ({ rate, size }) => [rate / 10, `a tenth of the rate for a language model ${size}`],
  textOf: (row) => ("chosen" in row ? row.chosen : undefined),
  refuse({ task, modelType }) {
    if (task === "causal-lm") return;
    const advice =
      'To train a reward model, set the loss to "reward"; to train the chosen answers as text, to "answers".';
    throw new WrongTaskError(modelType, task, "Learning from preferences", advice);
  },
  plan: (_source, _rows, options) => preferencePlan(options, learned),
  evaluate: (opened, pairs, how) => measureRewards(opened, pairs, { ...how, ...learned }),
};
