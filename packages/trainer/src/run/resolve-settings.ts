// Checks the options and fills in defaults.

import { listed } from "@lowrank/contracts";
import { countBatches } from "../batch-stream.ts";
import { trainingOptionsError } from "../errors.ts";
import { optimizers, ruleOf } from "../optimizer/rules/rules.ts";
import type { ScheduleShape } from "../schedules/schedule.ts";
import { schedules } from "../schedules/schedules.ts";
import { changedSettings, checkState, resumedSettings, type TrainingSettings } from "../state/training-state.ts";
import { minCounts, type TrainOptions } from "../train-options.ts";

/** Throws TRAINING_OPTIONS with all problems. */
export async function resolveSettings<Batch>(options: TrainOptions<Batch>): Promise<TrainingSettings> {
  const settings = {
    learningRate: options.learningRate,
    schedule: options.schedule ?? "linear",
    scheduleShape: options.scheduleShape ?? {},
    warmupSteps: options.warmupSteps ?? 0,
    weightDecay: options.weightDecay ?? 0.01,
    decayed: options.decayed ?? "all",
    optimizer: options.optimizer ?? "adamw",
    betas: options.betas ?? ruleOf(options.optimizer ?? "adamw").betas,
    momentum: options.momentum ?? 0,
    epsilon: options.epsilon ?? 1e-8,
    clipNorm: options.clipNorm === undefined ? 1 : options.clipNorm,
    accumulate: options.gradientAccumulationSteps ?? 1,
    weightByTokens: options.weightByTokens ?? false,
    seed: options.seed ?? 0,
  } as const;
  const problems = [...problemsOf(settings), ...optionProblems(options)];
  if (problems.length > 0) throw trainingOptionsError(problems);
  return { ...settings, steps: await stepsOf(options, settings.accumulate) };
}

/** The settings of a run, which a resumed state may change. Throws what `checkState` does, and warns of changed settings. */
export function settingsOfRun<Batch>(requested: TrainingSettings, options: TrainOptions<Batch>): TrainingSettings {
  const { resumeFrom, variables, fingerprint, onWarning } = options;
  if (resumeFrom === undefined) return requested;
  const settings = resumedSettings(requested, resumeFrom);
  checkState(resumeFrom, { variables, settings, ...(fingerprint === undefined ? {} : { fingerprint }) });
  const changed = changedSettings(resumeFrom.settings, settings);
  if (changed.length > 0) {
    const message = `The resumed run has changed settings: ${changed.join("; ")}.`;
    onWarning?.({ code: "RESUMED_WITH_OTHER_SETTINGS", message });
  }
  return settings;
}

function problemsOf(settings: Omit<TrainingSettings, "steps">): string[] {
  const [beta1, beta2] = settings.betas;
  const { momentum } = settings;
  const rules: readonly Rule[] = [
    [isPositive(settings.learningRate), "learningRate", "a number above 0", settings.learningRate],
    [schedules.has(settings.schedule), "schedule", `one of ${[...schedules.keys()].join(", ")}`, settings.schedule],
    [isCount(settings.warmupSteps, 0), "warmupSteps", "a whole number from 0", settings.warmupSteps],
    [
      Number.isFinite(settings.weightDecay) && settings.weightDecay >= 0,
      "weightDecay",
      "0 or more",
      settings.weightDecay,
    ],
    [beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, "betas", "two numbers from 0 to below 1", settings.betas],
    [
      optimizers.has(settings.optimizer),
      "optimizer",
      `one of ${[...optimizers.keys()].join(", ")}`,
      settings.optimizer,
    ],
    [momentum >= 0 && momentum < 1, "momentum", "a number from 0 to below 1", momentum],
    ...shapeRules(settings.scheduleShape),
    [isPositive(settings.epsilon), "epsilon", "a number above 0", settings.epsilon],
    [
      settings.clipNorm === null || isPositive(settings.clipNorm),
      "clipNorm",
      "a number above 0, or null",
      settings.clipNorm,
    ],
    [isCount(settings.accumulate, 1), "gradientAccumulationSteps", "a whole number from 1", settings.accumulate],
    [isCount(settings.seed, 0) && settings.seed < 2 ** 32, "seed", "a whole number from 0 to 2³² − 1", settings.seed],
  ];
  return rules
    .filter(([isRight]) => !isRight)
    .map(([, option, expected, got]) => `${option}: expected ${expected}, got ${got}`);
}

type Rule = readonly [isRight: boolean, option: string, expected: string, got: unknown];

function shapeRules(shape: ScheduleShape): readonly Rule[] {
  const { cycles = 1, power = 1, endShare = 0, decayShare = 0, warmupStart = 0 } = shape;
  const isShare = (value: number) => value >= 0 && value <= 1;
  return [
    [isPositive(cycles), "scheduleShape.cycles", "a number above 0", cycles],
    [isPositive(power), "scheduleShape.power", "a number above 0", power],
    [isShare(endShare), "scheduleShape.endShare", "a number from 0 to 1", endShare],
    [isShare(decayShare), "scheduleShape.decayShare", "a number from 0 to 1", decayShare],
    [isShare(warmupStart), "scheduleShape.warmupStart", "a number from 0 to 1", warmupStart],
  ];
}

function optionProblems<Batch>(options: TrainOptions<Batch>): string[] {
  const problems: string[] = [];
  if (options.variables.size === 0) problems.push("variables: expected at least one to train");
  const frozen = [...options.variables].filter(([, variable]) => !variable.trainable).map(([name]) => name);
  if (frozen.length > 0) problems.push(`variables: not trainable: ${listed(frozen)}`);
  if ((options.steps === undefined) === (options.epochs === undefined)) {
    problems.push("steps, epochs: expected exactly one of them");
  }
  const names = Object.keys(minCounts) as (keyof typeof minCounts)[];
  const every = options.checkpoint?.every;
  const counts: readonly (readonly [name: string, value: number | undefined, min: number])[] = [
    ...names.map((name) => [name, options[name], minCounts[name]] as const),
    ["evaluate.every", options.evaluate?.every, 1],
    ["evaluate.patience", options.evaluate?.patience, 1],
    ["checkpoint.every", typeof every === "function" ? undefined : every, 1],
  ];
  for (const [name, value, min] of counts) {
    if (value !== undefined && !isCount(value, min))
      problems.push(`${name}: expected a whole number from ${min}, got ${value}`);
  }
  if (options.weightByTokens === true && options.batchSize === undefined) {
    problems.push("weightByTokens: needs batchSize, to know the trained tokens of a batch");
  }
  if (options.reduceGradients !== undefined) {
    if (options.batchSize === undefined) problems.push("reduceGradients: needs batchSize, to weight each process");
    if ((options.gradientAccumulationSteps ?? 1) > 1 && options.weightByTokens !== true)
      problems.push("reduceGradients: needs weightByTokens where gradientAccumulationSteps is more than 1");
  }
  return problems;
}

async function stepsOf<Batch>(options: TrainOptions<Batch>, accumulate: number): Promise<number> {
  if (options.steps !== undefined) return options.steps;
  const batches = options.batchesPerEpoch ?? (await countBatches(options.batches));
  if (batches === 0) throw trainingOptionsError(["batches: the first epoch has no batches"]);
  return (options.epochs ?? 1) * Math.ceil(batches / accumulate);
}

function isPositive(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}

function isCount(value: number, lowest: number): boolean {
  return Number.isSafeInteger(value) && value >= lowest;
}
