// Reward models: a classifier with one output that gives the chosen answer of each pair a higher score than the rejected one.

import { WrongTaskError } from "../../errors/model-errors.ts";
import type { Objective } from "../objective.ts";
import { givesOneScore } from "../ranking/ranking.ts";
import { type PreferenceOptions, preferencePlan } from "./learn-preferences.ts";

const rows = "a chosen and a rejected answer";

/** The objective of preference rows if the model is a classifier or the loss is "reward". */
export const rewardModels: Objective<PreferenceOptions> = {
  rows,
  takes: () => false,
  task: "sequence-classification",
  options: ["loss", "template"],
  hasText: true,
  hasHead: true,
  refuse(model) {
    if (givesOneScore(model)) return;
    const { modelType, task, config } = model;
    const advice = `It has ${config.labels} classes. Open it with { classes: 1 }.`;
    throw new WrongTaskError(modelType, task, "A reward model", advice, "a model with one score for each answer");
  },
  plan: (_source, _rows, options) => {
    return { ...preferencePlan(options, { losses: ["reward"], rows }), measuresInitsByLoss: true };
  },
};
