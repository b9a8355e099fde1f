// The options of `train`.

import type { WarningListener } from "@lowrank/contracts";
import type { JsonObject, OptionNames, RandomKey } from "@lowrank/contracts/internal";
import type { Scalar, Variable } from "@tensorflow/tfjs-core";
import type { BatchSource } from "./batch-stream.ts";
import type { GradientReduction } from "./optimizer/gradient-reduction.ts";
import type { LearningRateGroup } from "./optimizer/learning-rate-groups.ts";
import type { OptimizerName } from "./optimizer/rules/rules.ts";
import type { UpdaterSettings } from "./optimizer/updater.ts";
import type { ScheduleShape } from "./schedules/schedule.ts";
import type { ScheduleName } from "./schedules/schedules.ts";
import type { TrainingState } from "./state/training-state.ts";
import type { Metrics } from "./training-event.ts";

interface BatchSize {
  /** Tokens without padding, for tokens per second. */
  readonly tokens: number;
  /** Number of items that the batch's loss averages over (tokens, rows), for `weightByTokens`. */
  readonly supervised: number;
  /** Whether its loss is 0 whatever the variables are: it counts, and nothing is computed. Default false. */
  readonly isEmpty?: boolean;
}

/** When and how to evaluate. */
export interface EvaluationOptions {
  /** Evaluate every N steps; the last step is always evaluated. */
  readonly every: number;
  /** Whether to evaluate before the first step too; default false. */
  readonly atStart?: boolean;
  /**
   * Evaluates the model. It may stop early by throwing the signal's reason: the run then ends as aborted, with its state saved.
   */
  run(signal: AbortSignal | undefined): Metrics | Promise<Metrics>;
  /** The metric that decides which evaluation is best; default "loss". A value that is not finite is never the best. */
  readonly watch?: string;
  /** Whether higher values of that metric are better; default false. */
  readonly higherIsBetter?: boolean;
  /** Early stopping: stop after N consecutive evaluations without improvement; default: never. */
  readonly patience?: number;
  /**
   * Whether a run that finishes or stops early ends with the variables of its best evaluation instead of the last step's; default
   * false. If the evaluation before the first step was the best, or the run is aborted, the last step's variables stay.
   */
  readonly keepsBest?: boolean;
}

/** When and how to save the run's state. */
export interface CheckpointOptions {
  /**
   * Save every N steps, or after each step for which the function is true; the last step is always saved, also in an aborted run. On a
   * GPU each save reads variables and moments.
   */
  readonly every: number | ((step: number) => boolean);
  /** Whether to save also after each evaluation that is the best so far; default false. */
  readonly atBest?: boolean;
  /** Saves `state`, which is that of the last step. At the end of a run with `keepsBest`, the variables already are those of the best evaluation. */
  save(state: TrainingState): void | Promise<void>;
}

/**
 * Restarts the run with another learning rate if the first steps go wrong: the loss rises, is not finite, or stays at the loss of
 * guessing. Watched are the warm-up and 30 more steps, or 100 more with `guess`. Each restart yields a "restart" event.
 */
export interface RateWatchOptions {
  /** Maximum number of restarts. After that, the next problem is a warning, and the run continues. */
  readonly restarts: number;
  /** The loss of guessing. For a classifier: the logarithm of the number of classes. */
  readonly guess?: number;
}

/** The options of `train`. */
export interface TrainOptions<Batch> {
  /** The variables to train, by stable names: those of the adapter file. The caller keeps ownership. */
  readonly variables: ReadonlyMap<string, Variable>;
  /** The mean loss of a batch. Called under the gradient tape; its tensors are disposed of. */
  loss(batch: Batch, key: RandomKey): Scalar;
  /** The batches of an epoch, counted from 0. They must be the same in each call for a run to be reproducible. */
  readonly batches: BatchSource<Batch>;
  /**
   * State that the next batches depend on, in addition to their position and the variables; saved as `batchState`. Called between
   * steps. Undefined: none.
   */
  batchState?(): JsonObject | undefined;
  /** Further numbers of a step, from its batches, for the step's event. Called after the update. */
  stepMetrics?(batches: readonly Batch[]): Readonly<Record<string, number>> | undefined;
  /** Number of optimizer steps. Give either `steps` or `epochs`. */
  readonly steps?: number;
  /** Number of epochs. Give either `steps` or `epochs`. */
  readonly epochs?: number;
  /** Number of batches in an epoch. If only `epochs` is given, the first epoch is read once to count them. */
  readonly batchesPerEpoch?: number;
  /** The highest learning rate. */
  readonly learningRate: number;
  /** Default "linear". */
  readonly schedule?: ScheduleName;
  /** Additional settings of some schedules. */
  readonly scheduleShape?: ScheduleShape;
  /** Steps over which the learning rate rises from 0, or from `scheduleShape.warmupStart`; default 0. */
  readonly warmupSteps?: number;
  readonly learningRateGroups?: readonly LearningRateGroup[];
  /** Changes a step's gradients in place before the update, which the GPU's own optimizer does not make then. */
  readonly precondition?: UpdaterSettings["precondition"];
  /** Default "adamw". */
  readonly optimizer?: OptimizerName;
  /** Weight decay, decoupled from the gradient in all optimizers but "sgd"; default 0.01, torch's for AdamW. */
  readonly weightDecay?: number;
  /** Which variables have weight decay: all (default, torch's) or those of two and more axes. */
  readonly decayed?: "all" | "matrices";
  /** AdamW's betas, default 0.9 and 0.999, or Lion's, 0.9 and 0.99. */
  readonly betas?: readonly [number, number];
  /** AdamW's epsilon; default 1e-8. */
  readonly epsilon?: number;
  /** For "sgd": the momentum; default 0. */
  readonly momentum?: number;
  /** Clip gradients to this global norm; default 1; null: no clipping. */
  readonly clipNorm?: number | null;
  /**
   * Skip up to N consecutive steps with a NaN or infinite loss or gradient. A skipped step changes nothing and yields a "skip"
   * event. One more throws NonFiniteLossError. Default 0.
   */
  readonly maxSkippedSteps?: number;
  /** Micro-batches whose gradients are added before a step; default 1. */
  readonly gradientAccumulationSteps?: number;
  /** Whether micro-batches are weighted by their supervised items, as in one large batch, instead of equally; default false. */
  readonly weightByTokens?: boolean;
  /** Parts of a batch, whose gradients are computed one after the other to save memory; default: the batch. `batchSize` is for parts. */
  parts?(batch: Batch): readonly Batch[];
  /** The size of a batch; needed for tokens per second and `weightByTokens`. */
  batchSize?(batch: Batch): BatchSize;
  /**
   * Sums each step's gradients over the processes of one training. `batches` then gives this process's share of each batch; an empty
   * share (`batchSize` is 0) is not computed. Shares are weighted by their supervised items, so `batchSize` is needed, and
   * `weightByTokens` if `gradientAccumulationSteps` is more than 1. Dropout differs between processes; all other options must be equal.
   */
  readonly reduceGradients?: GradientReduction | undefined;
  readonly evaluate?: EvaluationOptions;
  readonly checkpoint?: CheckpointOptions;
  readonly watchRate?: RateWatchOptions;
  /** Seeds dropout through the key that `loss` receives; default 0. */
  readonly seed?: number;
  /** Stops the run after the current step, or during an evaluation or in `batches` if these check it and throw its reason. */
  readonly signal?: AbortSignal;
  /** Resume from this state: it sets the variables, the optimizer and the position in the data. */
  readonly resumeFrom?: TrainingState;
  /** A text that identifies model and data. A state with another fingerprint is refused. */
  readonly fingerprint?: string;
  readonly onWarning?: WarningListener;
  /** The time in milliseconds; default `performance.now`. */
  clock?(): number;
}

export const trainNames: OptionNames<TrainOptions<unknown>> = {
  variables: true,
  loss: true,
  batches: true,
  batchState: true,
  stepMetrics: true,
  steps: true,
  epochs: true,
  batchesPerEpoch: true,
  learningRate: true,
  schedule: true,
  scheduleShape: true,
  warmupSteps: true,
  learningRateGroups: true,
  precondition: true,
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
  parts: true,
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

/** Options that are counts, with their minimum. */
export const minCounts = { steps: 1, epochs: 1, batchesPerEpoch: 1, maxSkippedSteps: 0 } as const;
