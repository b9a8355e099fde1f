// What a training run is told.

import type { OptionNames, RandomKey, WarningListener } from "@lowrank/contracts";
import type { Scalar, Variable } from "@tensorflow/tfjs-core";
import type { BatchSource } from "./batch-stream.ts";
import type { GradientReduction } from "./optimizer/gradient-reduction.ts";
import type { LearningRateGroup } from "./optimizer/learning-rate-groups.ts";
import type { OptimizerName } from "./optimizer/rules/rules.ts";
import type { ScheduleShape } from "./schedules/schedule.ts";
import type { ScheduleName } from "./schedules/schedules.ts";
import type { TrainingState } from "./state/training-state.ts";
import type { Metrics } from "./training-event.ts";

/** How large a batch is. */
interface BatchSize {
  /** Tokens without padding, for the speed. */
  readonly tokens: number;
  /** What the batch's loss averages over, for `weightByTokens`. */
  readonly supervised: number;
}

/** When and how to evaluate. */
export interface EvaluationOptions {
  /** After how many steps, each time; the last step is always evaluated. */
  readonly every: number;
  /** Whether to evaluate before the first step too; default false. */
  readonly atStart?: boolean;
  /**
   * Evaluates. It may stop early by throwing the signal's reason: the run then ends as aborted, with its state kept.
   */
  run(signal: AbortSignal | undefined): Metrics | Promise<Metrics>;
  /** The metric whose best value is kept in mind; default "loss". A value that is not finite is never the best. */
  readonly watch?: string;
  /** Whether higher values of that metric are better; default false. */
  readonly higherIsBetter?: boolean;
  /** Stop after this many evaluations in a row without a better value; default: never. */
  readonly patience?: number;
  /**
   * Whether a run that finishes or stops early ends with the variables of its best evaluation, in place of the last step's; default
   * false. Where the evaluation before the first step was the best, and in an aborted run, the last step's stay.
   */
  readonly keepsBest?: boolean;
}

/** When and how to keep the run's state. */
export interface CheckpointOptions {
  /** After how many steps, each time; the last step, also of an aborted run, is always kept. */
  readonly every: number;
  /** Whether to keep it also after each evaluation that was the best so far; default false. */
  readonly atBest?: boolean;
  /** `state` is of the last step. At the end of a run that `keepsBest`, the variables already are those of the best evaluation. */
  save(state: TrainingState): void | Promise<void>;
}

/**
 * The first steps are watched: those of the warm-up and 30 more, or 100 with `guess`. Where the loss rises, is not finite or stays at what guessing gives, the run goes
 * back to its start with another learning rate, and a "restart" event says so.
 */
export interface RateWatchOptions {
  /** How often at most; once more is a warning. 0: one warning, and the run continues. */
  readonly restarts: number;
  /** The loss of guessing: of a classifier the logarithm of the number of its classes. */
  readonly guess?: number;
}

/** Everything that `train` can be told. */
export interface TrainOptions<Batch> {
  /** What is trained, by stable names: those of the adapter file. The caller keeps ownership. */
  readonly variables: ReadonlyMap<string, Variable>;
  /** The mean loss of a batch. Called under the gradient tape; tensors it makes are disposed of. */
  loss(batch: Batch, key: RandomKey): Scalar;
  /** The batches of an epoch, counted from 0: the same each time it is called, if runs shall be repeatable. */
  readonly batches: BatchSource<Batch>;
  /** How many optimiser steps to make; or say `epochs`. */
  readonly steps?: number;
  /** How often to go through the data; or say `steps`. */
  readonly epochs?: number;
  /** How many batches an epoch has; counted by reading the first one through if only `epochs` is said. */
  readonly batchesPerEpoch?: number;
  /** The highest learning rate. */
  readonly learningRate: number;
  /** Default "linear". */
  readonly schedule?: ScheduleName;
  /** Numbers that some schedules have besides. */
  readonly scheduleShape?: ScheduleShape;
  /** Steps over which the learning rate rises from 0, or from `scheduleShape.warmupStart`; default 0. */
  readonly warmupSteps?: number;
  readonly learningRateGroups?: readonly LearningRateGroup[];
  /** Default "adamw". */
  readonly optimizer?: OptimizerName;
  /** Weight decay, decoupled from the gradient in all optimisers but "sgd"; default 0.01, torch's for AdamW. */
  readonly weightDecay?: number;
  /** Which variables decay: all (default, torch's) or those of two and more axes. */
  readonly decayed?: "all" | "matrices";
  /** AdamW's betas, default 0.9 and 0.999, or Lion's, 0.9 and 0.99. */
  readonly betas?: readonly [number, number];
  /** AdamW's epsilon; default 1e-8. */
  readonly epsilon?: number;
  /** Of "sgd": how much of the last step's direction stays; default 0. */
  readonly momentum?: number;
  /** Largest global norm of the gradients; default 1; null: no clipping. */
  readonly clipNorm?: number | null;
  /**
   * How many steps in a row may be left out because their loss or a gradient is not finite: they change nothing, and a "skip"
   * event tells of each. One more throws. Default 0.
   */
  readonly maxSkippedSteps?: number;
  /** Micro-batches for each step; default 1. */
  readonly gradientAccumulationSteps?: number;
  /** Whether micro-batches count by what they supervise (one large batch) instead of alike; default false. */
  readonly weightByTokens?: boolean;
  /** How large a batch is; needed for tokens per second and `weightByTokens`. */
  batchSize?(batch: Batch): BatchSize;
  /**
   * Sums each step's gradients over processes that train as one. `batches` then are this process's shares of the same batches;
   * one that has none – `batchSize` says 0 of it – is not computed. Each weighs what it supervises, so it needs `batchSize`, and
   * `weightByTokens` where `gradientAccumulationSteps` is more than 1. Dropout is drawn for each process by itself; the others must be told the same.
   */
  readonly reduceGradients?: GradientReduction | undefined;
  readonly evaluate?: EvaluationOptions;
  readonly checkpoint?: CheckpointOptions;
  readonly watchRate?: RateWatchOptions;
  /** Seeds dropout through the key that `loss` receives; default 0. */
  readonly seed?: number;
  /** Ends the run after the step that is being made, or within an evaluation that heeds it. */
  readonly signal?: AbortSignal;
  /** Go on from here: the variables, the optimiser and the place in the data become those of the state. */
  readonly resumeFrom?: TrainingState;
  /** What is trained on what, in any words of the caller's; a state with another one is refused. */
  readonly fingerprint?: string;
  readonly onWarning?: WarningListener;
  /** The time in milliseconds; default `performance.now`. */
  clock?(): number;
}

export const trainNames: OptionNames<TrainOptions<unknown>> = {
  variables: true,
  loss: true,
  batches: true,
  steps: true,
  epochs: true,
  batchesPerEpoch: true,
  learningRate: true,
  schedule: true,
  scheduleShape: true,
  warmupSteps: true,
  learningRateGroups: true,
  weightDecay: true,
  decayed: true,
  betas: true,
  epsilon: true,
  optimizer: true,
  momentum: true,
  maxSkippedSteps: true,
  clipNorm: true,
  gradientAccumulationSteps: true,
  weightByTokens: true,
  batchSize: true,
  reduceGradients: true,
  evaluate: true,
  checkpoint: true,
  watchRate: true,
  seed: true,
  signal: true,
  resumeFrom: true,
  fingerprint: true,
  onWarning: true,
  clock: true,
};

export const evaluationNames: OptionNames<EvaluationOptions> = {
  every: true,
  atStart: true,
  run: true,
  watch: true,
  higherIsBetter: true,
  patience: true,
  keepsBest: true,
};

export const checkpointNames: OptionNames<CheckpointOptions> = { every: true, atBest: true, save: true };

/** Options that count something, with the least that each may be. */
export const minCounts = { steps: 1, epochs: 1, batchesPerEpoch: 1, maxSkippedSteps: 0 } as const;
