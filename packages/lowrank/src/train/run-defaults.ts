// What a run does where nobody says otherwise: one table, by what is trained, the model's size and the number of rows.
// docs/choose-rank-targets-rate.md has the measurements behind it.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { Task } from "@lowrank/families";
import { given } from "../given.ts";
import type { PreparedTraining } from "../opened-adapter.ts";
import type { RunChoices } from "../recipe/recipe.ts";
import type { RowGoal } from "../rows/row-kinds.ts";
import type { LoopOptions } from "./training-options.ts";

/** What decides the defaults of a run. */
export interface RunShape {
  readonly goal: RowGoal;
  readonly task: Task;
  /** Of the base. */
  readonly parameters: number;
  /** All of them, with those that are held out by default. */
  readonly rows: number;
}

/** The loop's options that depend on the run, each with its reason. */
export interface RunDefaults {
  readonly learningRate: number;
  readonly batchSize: number;
  /** The run has three epochs, more where those make fewer steps than this. */
  readonly leastSteps: number;
  /** But never more epochs than this. */
  readonly mostEpochs: number;
  readonly reasons: Readonly<Record<"learningRate" | "batchSize" | "epochs", string>>;
}

/** The fewest epochs of a run. */
export const leastEpochs = 3;
const [fewestToHoldOut, shareHeldOut, mostHeldOut] = [50, 0.1, 200];

/** The share of so many rows that is held out where nobody says which rows to validate on; 0 for none. */
export function defaultValidationShare(rows: number): number {
  return rows < fewestToHoldOut ? 0 : Math.min(shareHeldOut, mostHeldOut / rows);
}

/**
 * Shape of a new adapter where nobody says it. PEFT's own choice of modules stays where a field asks for parts of a model by layer or
 * parameter, which "all-linear" would pass over.
 */
export function adapterDefaults(fields: Partial<LoraConfig>): Partial<LoraConfig> {
  const { rank = 8, rankStabilized = false, layersToTransform, targetParameters } = fields;
  const isPart = (layersToTransform ?? null) !== null || (targetParameters ?? []).length > 0;
  return { rank, alpha: rankStabilized ? 16 : 2 * rank, ...(isPart ? {} : { targetModules: "all-linear" }) };
}

/** What PEFT's LoraConfig does where nobody says otherwise: rank and alpha 8, and its own table of modules. */
export const likePeft: Partial<LoraConfig> = { rank: 8, alpha: 8, targetModules: null };
/** What transformers' Trainer does. */
export const likeTrainer: LoopOptions = { batchSize: 8, learningRate: 5e-5, epochs: 3, weightDecay: 0, warmupSteps: 0 };

/** Those of a run. */
export function runDefaults(run: RunShape): RunDefaults {
  const [learningRate, ofModel] = rateOf(run);
  const [batchSize, ofRows] = run.rows < 64 ? [4, "fewer than 64 rows"] : [8, "64 rows or more"];
  const [leastSteps, ofHead] = hasHead(run) ? [200, "a head to train"] : [60, "no head to train"];
  const [mostEpochs, few] = run.rows < 50 ? [20, ", fewer than 50 rows"] : [10, ""];
  const ofLength = `${leastEpochs}, or as many as make ${leastSteps} steps (${ofHead}), at most ${mostEpochs}${few}`;
  return {
    ...{ learningRate, batchSize, leastSteps, mostEpochs },
    reasons: { learningRate: ofModel, batchSize: ofRows, epochs: ofLength },
  };
}

/** How many epochs a run has whose epochs have so many steps. */
export function defaultEpochs(
  stepsPerEpoch: number,
  { leastSteps, mostEpochs }: Pick<RunDefaults, "leastSteps" | "mostEpochs">,
): number {
  return Math.min(mostEpochs, Math.max(leastEpochs, Math.ceil(leastSteps / stepsPerEpoch)));
}

function hasHead({ goal, task }: Pick<RunShape, "goal" | "task">): boolean {
  return goal === "class" || goal === "image-class" || goal === "answer" || task === "token-classification";
}

/** A rate that is too high costs everything, one that is too low little: each is half of the highest that trained well. */
function rateOf({ goal, task, parameters }: RunShape): readonly [number, string] {
  const writes = task === "causal-lm" || task === "sequence-to-sequence";
  const [rate, size] = sizes.find(([, , below]) => parameters < below) ?? largest;
  if (goal === "preference" || goal === "judged") return [rate / 10, `a tenth of that of a language model ${size}`];
  if (goal === "comparison") return [Math.min(encoderRate, rate), "embeddings"];
  if (writes) return [rate, `language model ${size}`];
  return [Math.min(encoderRate, rate), hasHead({ goal, task }) ? "a model with a head" : "encoder"];
}

const encoderRate = 5e-4;
const largest = [3e-4, "above 8 B", Number.POSITIVE_INFINITY] as const;
const sizes = [[2e-3, "under 0.5 B", 0.5e9], [1e-3, "from 0.5 to 8 B", 8e9], largest] as const;

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
    batchSize: asked.batchTokens === undefined ? batchSize : undefined,
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
    ...(isOpen ? ["all linear layers but the head: fewer of them learn less, at every rank"] : []),
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
