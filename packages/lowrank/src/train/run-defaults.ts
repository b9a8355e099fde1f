// Default settings of a run: one table, by task, the model's size and the number of rows.
// docs/choose-rank-targets-rate.md has the measurements behind it.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { Task } from "@lowrank/contracts/families";
import type { ProblemType } from "@lowrank/contracts/families/internal";
import type { MetricName } from "../metric-names.ts";
import type { Objective } from "../objectives/objective.ts";
import { isOneClass } from "../options/acts-on.ts";
import { defaultValidationShare } from "../rows/row-kinds.ts";

export interface RunShape {
  readonly objective: Pick<Objective, "hasLabels" | "hasHead" | "rate" | "batchSize" | "bestBy">;
  readonly task: Task;
  /** The kind of labels, if the model is a classifier. */
  readonly problem: ProblemType | undefined;
  /** The number of parameters of the base. */
  readonly parameters: number;
  /** All rows, including validation rows held out by default. */
  readonly rows: number;
}

/** Loop options that depend on the run, each with its reason. */
export interface RunDefaults {
  readonly learningRate: number;
  readonly batchSize: number;
  /** The run has three epochs, or more to reach this number of steps. */
  readonly minSteps: number;
  /** Maximum number of epochs, unless they have fewer than `fewestSteps` steps. */
  readonly maxEpochs: number;
  /** A classifier's loss is lowest early, when its accuracy is not yet best: confident wrong answers increase it. */
  readonly bestBy: MetricName;
  readonly reasons: Readonly<Record<"learningRate" | "batchSize", string>>;
}

/** A whole run in numbers. */
export interface DefaultRun extends Pick<RunDefaults, "learningRate" | "batchSize"> {
  readonly validationShare: number;
  readonly steps: number;
}

export const minEpochs = 3;
/** With a handful of rows, ten epochs are not enough. */
const fewestSteps = 30;

/** "all-linear" would skip parts of a model that a field names by layer or parameter, so PEFT's own modules are used there. */
export function adapterDefaults(fields: Partial<LoraConfig>): Partial<LoraConfig> {
  const { rank = 8, rankStabilized = false, layersToTransform, targetParameters } = fields;
  const isPart = (layersToTransform ?? null) !== null || (targetParameters ?? []).length > 0;
  return { rank, alpha: rankStabilized ? 16 : 2 * rank, ...(isPart ? {} : { targetModules: "all-linear" }) };
}

export function runDefaults(run: RunShape): RunDefaults {
  const [learningRate, ofModel] = rateOf(run);
  const few = run.rows < 64;
  const [batchSize, ofRows] = run.objective.batchSize ?? (few ? [4, "fewer than 64 rows"] : [8, "64 rows or more"]);
  const minSteps = hasHead(run) ? 200 : 60;
  const maxEpochs = hasHead(run) && areFew(run) ? 20 : 10;
  return {
    learningRate,
    batchSize,
    minSteps,
    maxEpochs,
    bestBy: judgedBy(run),
    reasons: { learningRate: ofModel, batchSize: ofRows },
  };
}

export function describeEpochs(stepsPerEpoch: number, { minSteps, maxEpochs }: RunDefaults): string {
  const epochs = defaultEpochs(stepsPerEpoch, { minSteps, maxEpochs });
  const steps = epochs > maxEpochs ? fewestSteps : minSteps;
  const isLimit = epochs === minEpochs || epochs === maxEpochs;
  return `epochs ${epochs}: ${isLimit ? `a run has ${minEpochs} to ${maxEpochs} by default` : `enough for ${steps} steps`}`;
}

/** The number of epochs, from the steps per epoch. */
export function defaultEpochs(
  stepsPerEpoch: number,
  { minSteps, maxEpochs }: Pick<RunDefaults, "minSteps" | "maxEpochs">,
): number {
  const epochs = Math.min(maxEpochs, Math.max(minEpochs, Math.ceil(minSteps / stepsPerEpoch)));
  return Math.max(epochs, Math.ceil(Math.min(fewestSteps, minSteps) / stepsPerEpoch));
}

/**
 * The default settings of `train` for this number of text rows. Reads no rows.
 *
 * @example
 * ```ts
 * import { defaultRun } from "lowrank";
 *
 * defaultRun({ task: "causal-lm", parameters: 135e6, rows: 12 }); // learningRate 0.0005, steps 30, …
 * ```
 */
export function defaultRun(run: Pick<RunShape, "task" | "parameters" | "rows">): DefaultRun {
  const { learningRate, batchSize, ...length } = runDefaults({
    ...run,
    objective: {}, // text has nothing that changes them
    problem: undefined,
  });
  const validationShare = defaultValidationShare(run.rows);
  const stepsPerEpoch = Math.max(1, Math.ceil((run.rows * (1 - validationShare)) / batchSize));
  return { learningRate, batchSize, validationShare, steps: stepsPerEpoch * defaultEpochs(stepsPerEpoch, length) };
}

function judgedBy({ objective, problem }: RunShape): MetricName {
  return objective.bestBy ?? (objective.hasLabels === true && isOneClass(problem) ? "accuracy" : "loss");
}

function hasHead({ objective, task }: Pick<RunShape, "objective" | "task">): boolean {
  return objective.hasHead === true || task === "token-classification";
}

/** A rate that is too high ruins the run, a low one costs little: each is half of the highest rate that trained well. */
function rateOf({ objective, task, parameters, rows }: RunShape): readonly [number, string] {
  const writes = task === "causal-lm" || task === "sequence-to-sequence";
  const [rate, size] = sizes.find(([, , below]) => parameters < below) ?? largest;
  const rateOfObjective = objective.rate?.({ rate, size, encoderRate });
  if (rateOfObjective !== undefined) return rateOfObjective;
  if (writes && areFew({ rows }))
    return [rate / 4, `a quarter of the rate for a language model ${size}, because a run memorizes fewer than 50 rows`];
  if (writes) return [rate, `language model ${size}`];
  const modelKind = hasHead({ objective, task }) ? "a model with a head" : "encoder";
  if (parameters < smallModel) return [4 * encoderRate, `${modelKind}, under 5 M parameters`];
  return [Math.min(encoderRate, rate), modelKind];
}

/** With so few rows, none are held out, so nothing shows when the run should have ended. */
function areFew({ rows }: Pick<RunShape, "rows">): boolean {
  return rows < 50;
}

const smallModel = 5e6;
const encoderRate = 5e-4;
const largest = [3e-4, "above 8 B parameters", Number.POSITIVE_INFINITY] as const;
const sizes = [
  [8e-3, "under 5 M parameters", smallModel],
  [2e-3, "under 0.5 B parameters", 0.5e9],
  [1e-3, "from 0.5 to 8 B parameters", 8e9],
  largest,
] as const;
