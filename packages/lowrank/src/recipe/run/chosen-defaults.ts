// The defaults that a run chose, for its recipe and for people.

import { given } from "../../given.ts";
import type { PreparedTraining } from "../../opened-adapter.ts";
import { adapterDefaults, defaultEpochs } from "../../train/run-defaults.ts";
import type { LoopOptions } from "../../train/training-options.ts";
import type { RunChoices } from "../recipe.ts";

/** The values of those options of a recipe that nobody gave, so that it repeats the run with other defaults, too. */
export function chosenOptions(
  { defaults, stepsPerEpoch, heldOut }: PreparedTraining,
  asked: RunChoices,
): Partial<RunChoices> {
  const { learningRate, batchSize } = defaults;
  const { rank, alpha } = adapterDefaults(given({ rank: asked.rank, rankStabilized: asked.useRslora }));
  const isOpen = asked.adapter === undefined && asked.loraConfig === undefined && asked.likePeft !== true;
  const isCounted = asked.steps !== undefined || asked.epochs !== undefined;
  return given({
    ...(isOpen ? { rank, alpha, targetModules: "all-linear" } : {}),
    ...(asked.likePeft === true ? {} : { learningRate }),
    batchSize: asked.batchTokens === undefined && asked.likePeft !== true ? batchSize : undefined,
    epochs: isCounted || asked.likePeft === true ? undefined : defaultEpochs(stepsPerEpoch, defaults),
    validationShare: asked.validation === undefined && heldOut > 0 ? heldOut : undefined,
  });
}

/** What was chosen for the options that nobody gave, a line each, with the reason. */
export function describeDefaults(
  { defaults, stepsPerEpoch, train, validation, heldOut }: PreparedTraining,
  asked: LoopOptions,
  choices: RunChoices,
): readonly string[] {
  const { learningRate, batchSize, reasons } = defaults;
  const isCounted = asked.steps !== undefined || asked.epochs !== undefined;
  const held = `${validation.length} of ${train.length + validation.length} rows held out`;
  const { adapter, loraConfig, likePeft: isLikePeft, targetModules } = choices;
  const isOpen =
    targetModules === undefined && adapter === undefined && loraConfig === undefined && isLikePeft !== true;
  return [
    ...(isOpen ? ["all linear layers but the head: query and value alone need a higher rate and learn no more"] : []),
    ...(asked.learningRate === undefined ? [`learning rate ${learningRate}: ${reasons.learningRate}`] : []),
    ...(asked.batchSize === undefined && asked.batchTokens === undefined
      ? [`batch size ${batchSize}: ${reasons.batchSize}`]
      : []),
    ...(isCounted ? [] : [`epochs ${defaultEpochs(stepsPerEpoch, defaults)}: ${reasons.epochs}`]),
    ...(heldOut === 0 || choices.validationShare !== undefined
      ? []
      : [`${held}: the epoch that is best on them is kept`]),
  ];
}
