// What a run does where nobody says otherwise: one table, by what is trained, the model's size and the number of rows.
// docs/choose-rank-targets-rate.md has the measurements behind it.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { ProblemType, Task } from "@lowrank/contracts/families";
import type { MetricName } from "../metric-names.ts";
import type { Objective } from "../objectives/objective.ts";
import { isOneClass } from "../options/acts-on.ts";
import { defaultValidationShare } from "../rows/row-kinds.ts";

export interface RunShape {
  readonly objective: Pick<Objective, "hasLabels" | "hasHead" | "rate">;
  readonly task: Task;
  /** Of a classifier. */
  readonly problem: ProblemType | undefined;
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
  readonly minSteps: number;
  /** But never more epochs than this, unless those make fewer than `fewestSteps`. */
  readonly maxEpochs: number;
  /** The loss of a classifier is lowest early, where it is right less often than later: it grows with every answer that is sure and wrong. */
  readonly bestBy: MetricName;
  readonly reasons: Readonly<Record<"learningRate" | "batchSize" | "epochs", string>>;
}

/** A whole run in numbers. */
export interface DefaultRun extends Pick<RunDefaults, "learningRate" | "batchSize"> {
  readonly validationShare: number;
  readonly steps: number;
}

export const minEpochs = 3;
/** Of a handful of rows ten epochs teach nothing. */
const fewestSteps = 30;

/** "all-linear" would pass over parts of a model that a field asks for by layer or parameter: PEFT's own modules stay there. */
export function adapterDefaults(fields: Partial<LoraConfig>): Partial<LoraConfig> {
  const { rank = 8, rankStabilized = false, layersToTransform, targetParameters } = fields;
  const isPart = (layersToTransform ?? null) !== null || (targetParameters ?? []).length > 0;
  return { rank, alpha: rankStabilized ? 16 : 2 * rank, ...(isPart ? {} : { targetModules: "all-linear" }) };
}

export function runDefaults(run: RunShape): RunDefaults {
  const [learningRate, ofModel] = rateOf(run);
  const [batchSize, ofRows] = run.rows < 64 ? [4, "fewer than 64 rows"] : [8, "64 rows or more"];
  const [minSteps, ofHead] = hasHead(run) ? [200, "a head to train"] : [60, "no head to train"];
  const [maxEpochs, few] = hasHead(run) && areFew(run) ? [20, ", fewer than 50 rows"] : [10, ""];
  const ofLength =
    `${minEpochs}, more to reach ${minSteps} steps (${ofHead}), but at most ${maxEpochs}${few}; ` +
    `above that only to reach ${fewestSteps} steps`;
  return {
    ...{ learningRate, batchSize, minSteps, maxEpochs, bestBy: judgedBy(run) },
    reasons: { learningRate: ofModel, batchSize: ofRows, epochs: ofLength },
  };
}

/** The number of epochs, from the steps of one. */
export function defaultEpochs(
  stepsPerEpoch: number,
  { minSteps, maxEpochs }: Pick<RunDefaults, "minSteps" | "maxEpochs">,
): number {
  const epochs = Math.min(maxEpochs, Math.max(minEpochs, Math.ceil(minSteps / stepsPerEpoch)));
  return Math.max(epochs, Math.ceil(Math.min(fewestSteps, minSteps) / stepsPerEpoch));
}

/**
 * What `train` does by default with this number of rows of text. It needs no row.
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
  return objective.hasLabels === true && isOneClass(problem) ? "accuracy" : "loss";
}

function hasHead({ objective, task }: Pick<RunShape, "objective" | "task">): boolean {
  return objective.hasHead === true || task === "token-classification";
}

/** A rate that is too high costs everything, one that is too low little: each is half of the highest that trained well. */
function rateOf({ objective, task, parameters, rows }: RunShape): readonly [number, string] {
  const writes = task === "causal-lm" || task === "sequence-to-sequence";
  const [rate, size] = sizes.find(([, , below]) => parameters < below) ?? largest;
  const own = objective.rate?.({ rate, size, encoderRate });
  if (own !== undefined) return own;
  if (writes && areFew({ rows }))
    return [rate / 4, `a quarter of that of a language model ${size}, for fewer than 50 rows are memorised`];
  if (writes) return [rate, `language model ${size}`];
  const what = hasHead({ objective, task }) ? "a model with a head" : "encoder";
  if (parameters < smallModel) return [4 * encoderRate, `${what}, under 5 M parameters`];
  return [Math.min(encoderRate, rate), what];
}

/** Of so few none are held out, so that nothing tells when the run should have ended. */
function areFew({ rows }: Pick<RunShape, "rows">): boolean {
  return rows < 50;
}

const smallModel = 5e6;
const encoderRate = 5e-4;
const largest = [3e-4, "above 8 B", Number.POSITIVE_INFINITY] as const;
const sizes = [
  [8e-3, "under 5 M", smallModel],
  [2e-3, "under 0.5 B", 0.5e9],
  [1e-3, "from 0.5 to 8 B", 8e9],
  largest,
] as const;
