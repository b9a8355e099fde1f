// The defaults that a run chose, for its recipe and its printed summary.

import { omitUndefined } from "../../omit-undefined.ts";
import type { PreparedTraining } from "../../opened-adapter.ts";
import { adapterDefaults, describeEpochs } from "../../train/run-defaults.ts";
import { type LoopOptions, settled } from "../../train/training-options.ts";
import type { CompleteRecipe } from "../recipe.ts";

/** The chosen values of options that were not set, so that the recipe repeats the run even if defaults change. */
export function chosenOptions(
  training: PreparedTraining,
  options: CompleteRecipe,
  requested: LoopOptions,
): Partial<CompleteRecipe> {
  const { totalSteps, stepsPerEpoch, validation, heldOut } = training;
  const { learningRate, batchSize, bestBy } = settled(training, requested);
  const { rank, alpha } = adapterDefaults(omitUndefined({ rank: options.rank, rankStabilized: options.useRslora }));
  const { targetModules: layers } = training.handle.config;
  const epochs = totalSteps / stepsPerEpoch;
  const length = Number.isInteger(epochs) ? { epochs } : { steps: totalSteps };
  return omitUndefined({
    ...(choosesAdapter(options)
      ? { rank, alpha, targetModules: typeof layers === "string" ? layers : "all-linear" }
      : {}),
    ...(options.steps === undefined && options.epochs === undefined ? length : {}),
    learningRate,
    batchSize: options.batchTokens === undefined ? batchSize : undefined,
    bestBy: validation.length > 0 ? bestBy : undefined,
    validationShare: options.validation === undefined && heldOut > 0 ? heldOut : undefined,
  });
}

/** Whether this library chose the shape of the adapter. */
function choosesAdapter({ adapter, loraConfig, likePeft }: CompleteRecipe): boolean {
  return adapter === undefined && loraConfig === undefined && likePeft !== true;
}

/** One line for each default that was chosen, with its reason. */
export function describeDefaults(
  { defaults, stepsPerEpoch, train, validation, heldOut, handle }: PreparedTraining,
  requested: LoopOptions,
  options: CompleteRecipe,
): readonly string[] {
  const { learningRate, batchSize, reasons } = defaults;
  const isCounted = requested.steps !== undefined || requested.epochs !== undefined;
  const heldOutRows = `${validation.length} of ${train.length + validation.length} rows held out`;
  const areOpen = options.targetModules === undefined && choosesAdapter(options);
  const isPart = typeof handle.config.targetModules === "string" && handle.config.targetModules !== "all-linear";
  const layers = `all linear layers ${isPart ? "of the language model" : "except the head"}`;
  return [
    ...(areOpen ? [`target modules: ${layers}; fewer need a higher learning rate`] : []),
    ...(requested.learningRate === undefined ? [`learning rate ${learningRate}: ${reasons.learningRate}`] : []),
    ...(requested.batchSize === undefined && requested.batchTokens === undefined
      ? [`batch size ${batchSize}: ${reasons.batchSize}`]
      : []),
    ...(isCounted ? [] : [describeEpochs(stepsPerEpoch, defaults)]),
    ...(heldOut === 0 || options.validationShare !== undefined
      ? []
      : [`${heldOutRows}: the epoch with the best validation is kept`]),
  ];
}
