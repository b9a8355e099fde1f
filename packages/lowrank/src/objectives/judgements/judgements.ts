// Single answers that were judged good or bad.

import { preferenceLosses } from "@lowrank/models/internal";
import { WrongTaskError } from "../../errors/model-errors.ts";
import { preferenceLossNames } from "../../options/row-losses.ts";
import type { Objective } from "../objective.ts";
import { measureRewards, type PreferenceOptions, preferencePlan } from "../preferences/learn-preferences.ts";
import { preferences } from "../preferences/preferences.ts";

const rows = "an answer judged good or bad";
const learned = { losses: preferenceLossNames.filter((name) => "single" in preferenceLosses[name]), rows };

// Reward models learn from pairs.
const { mayKeepClassifier: _, ...shared } = preferences;

export const judgements: Objective<PreferenceOptions> = {
  ...shared,
  rows,
  takes: (row) => row.kind === "judged",
  options: preferences.options.filter((name) => name !== "labelSmoothing"),
  textOf: (row) => ("answer" in row && row.isGood ? row.answer : undefined),
  refuse({ task, modelType }) {
    if (task === "causal-lm") return;
    const advice = "To train the good answers as text, use rows with a prompt and a completion.";
    throw new WrongTaskError(modelType, task, "Learning which answers are good", advice);
  },
  plan: (_source, _rows, options) => preferencePlan(options, learned),
  evaluate: (opened, answers, how) => measureRewards(opened, answers, { ...how, ...learned }),
};
