// How an adapter is trained: what the library's `train` is told, and what the command line's flags become.

import type { WarningListener } from "@lowrank/contracts";
import type { OptimizerName, ScheduleName, ScheduleShape, TrainingState } from "@lowrank/trainer";
import type { Communicator } from "@lowrank/trainer/mpi";
import type { ComparisonOptions } from "../compare/comparison-plan.ts";
import { given } from "../given.ts";
import type { DistillationChoices } from "../learn/distillation-plan.ts";
import type { MetricName } from "../metric-names.ts";
import type { PreferenceOptions } from "../preferences/preference-plan.ts";
import type { BegunRun, KeptCheckpoints } from "../run-folder.ts";
import type { RunDefaults } from "./run-defaults.ts";

/** How rows become tokens. */
export interface RowOptions extends ComparisonOptions, PreferenceOptions, DistillationChoices {
  /** How a row becomes text: "plain", "alpaca", "vicuna", "koalpaca", or the model's own "chat"; default: chat for questions to a model that has it, else what suits the rows. */
  readonly template?: string | undefined;
  /** After how many tokens rows are cut; default 512 or the model's limit. */
  readonly maxLength?: number | undefined;
  /** Of an encoder–decoder: after how many tokens answers are cut. */
  readonly maxTargetLength?: number | undefined;
  /** Names of the classes in the order of their numbers; default: the adapter's, else the model's, else the sorted ones of the rows. */
  readonly classNames?: readonly string[] | undefined;
  /**
   * Whether rows become tokens when a batch draws them, and not all before the first step, so that neither memory nor a disk
   * holds them. Default: for rows that are too many for memory, and as the run began where `resume` goes on with one.
   */
  readonly tokenizeWhenDrawn?: boolean | undefined;
}

/** How long to train, how fast, and on what at once. */
export interface LoopOptions {
  /** Passes over the rows, 0.5 for half of them; default 3, more for few rows. */
  readonly epochs?: number | undefined;
  /** Optimiser steps, in place of epochs. */
  readonly steps?: number | undefined;
  /** Rows a batch; default 8, 4 below 64 rows. */
  readonly batchSize?: number | undefined;
  /**
   * In place of `batchSize`: as many whole rows a batch as have together no more than so many tokens; a longer row is alone. Validation
   * keeps to batches of rows.
   */
  readonly batchTokens?: number | undefined;
  /** Batches an optimiser step, as one large batch; default 1. */
  readonly accumulate?: number | undefined;
  /** The highest; default: by what is trained and how large the model is. */
  readonly learningRate?: number | undefined;
  /** Of the learning rate after the warm-up; default "linear". */
  readonly schedule?: ScheduleName | undefined;
  /** Numbers that some schedules have besides: waves, a power, the last rate, how long it falls. */
  readonly scheduleShape?: ScheduleShape | undefined;
  /** Steps of rising learning rate; the first has 0, as in transformers. */
  readonly warmupSteps?: number | undefined;
  /** The same as a share of all steps; default 0.03, with a first rate above 0. */
  readonly warmupRatio?: number | undefined;
  /** Default "adamw". "lion" asks for a learning rate three to ten times smaller, "adafactor" for little memory. */
  readonly optimizer?: OptimizerName | undefined;
  /** AdamW's, default 0.9 and 0.999, or Lion's, 0.9 and 0.99. */
  readonly betas?: readonly [number, number] | undefined;
  /** Of "sgd": how much of the last step's direction stays; default 0. */
  readonly momentum?: number | undefined;
  /** How many times as fast as A each B learns (LoRA+; its authors advise 16); default 1. */
  readonly loraPlusRatio?: number | undefined;
  /** The optimiser's; default 0.01. */
  readonly weightDecay?: number | undefined;
  /** The size of the noise on embedded tokens (NEFTune's alpha; 5 is usual); default 0. */
  readonly embeddingNoise?: number | undefined;
  /** The share of each label that all classes or tokens get in equal parts; default 0. Validation is not smoothed. */
  readonly labelSmoothing?: number | undefined;
  /** How many steps in a row may be left out because a number is not finite; default 0: the first ends the run. */
  readonly maxBadSteps?: number | undefined;
  /** The largest norm of all gradients, 0 for none; default 1. */
  readonly clipNorm?: number | undefined;
  /** Less memory, more time: how many blocks share a checkpoint; true: each has its own. */
  readonly gradientCheckpointing?: true | number | undefined;
  /**
   * Whether rows of like length come together, which pads less; batches still come by chance. Default false, and as the run
   * began where `resume` goes on with one. With `resumeFrom`, say what the run was told that left it.
   */
  readonly groupByLength?: boolean | undefined;
  /** Whether a last batch that is not full is left out; default false. */
  readonly dropLast?: boolean | undefined;
  /** Orders the rows and seeds dropout; default 0. */
  readonly seed?: number | undefined;
  /** After how many steps the validation loss is measured, each time; default: after each epoch, of more than ten a tenth of them. */
  readonly evalEvery?: number | undefined;
  /** Whether it is measured before the first step too: the base's loss, for most starts; default true. */
  readonly evalAtStart?: boolean | undefined;
  /** End the run after so many validations in a row that are no better; default: never. */
  readonly patience?: number | undefined;
  /** What a validation is judged by; default "accuracy" for rows of one class each, else "loss". */
  readonly bestBy?: MetricName | undefined;
  /**
   * Whether a run restarts with another learning rate, twice at most, where its first steps show that its own does not suit, in place
   * of a warning; default: where no learning rate is given.
   */
  readonly watchRate?: boolean | undefined;
  /** Of starts that look at data (eva, corda, lora_ga): at how many batches; default 16. */
  readonly initBatches?: number | undefined;
}

/** What happens around the loop. */
export interface RunOptions {
  /** Ends the run after its step, or within a validation; the last event says so. */
  readonly signal?: AbortSignal | undefined;
  /** Keeps the state every so many steps, after the best validations if asked, and at the end. */
  readonly checkpoint?:
    | { readonly every?: number; readonly atBest?: boolean; save(state: TrainingState): void | Promise<void> }
    | undefined;
  /** A kept state to go on from. */
  readonly resumeFrom?: TrainingState | undefined;
  /** What is trained on what; a state with another one is refused. */
  readonly fingerprint?: string | undefined;
  /**
   * Processes that train this adapter together, as `openCommunicator` of @lowrank/trainer/mpi gives them: each computes its share of
   * every batch, and the adapter is that of one process with the same options. All must be told the same; the first one keeps `out`.
   */
  readonly communicator?: Communicator | undefined;
  readonly onWarning?: WarningListener | undefined;
}

/** How a run keeps itself in a folder, so that it survives whatever ends it. In Node only. */
export interface KeepingOptions {
  /**
   * The folder for the adapter, its checkpoints and metrics.jsonl; locked while the run goes on, and refused if it exists,
   * unless `overwrite` or `resume`.
   */
  readonly out?: string | undefined;
  /** Replaces what an earlier run wrote to `out`. */
  readonly overwrite?: boolean | undefined;
  /** Goes on with the interrupted run in `out`, as if it had never stopped; another model, adapter or rows are refused. */
  readonly resume?: boolean | undefined;
  /** Saves a checkpoint every so many steps, and after each validation that is the best so far; default: at the end. */
  readonly saveEvery?: number | undefined;
  /** Which checkpoints stay. With `best: true`, a checkpoint is saved after each best validation without `saveEvery`, too. */
  readonly keep?: KeptCheckpoints | undefined;
  /** Whether losses, validations and speed are written for TensorBoard, too; its file holds times, so that no two runs write the same. Default false. */
  readonly tensorBoard?: boolean | undefined;
  /**
   * Whether report.html is written, too: curves, what base and adapter write to the same prompts, rows, settings and machine, on one
   * page that needs no network. Default false.
   */
  readonly report?: boolean | undefined;
  /**
   * Notes the SHA-256 of the base's weight files, so that `resume` refuses a base of which one bit is another; without it,
   * samples of them are compared.
   */
  readonly verifyBase?: boolean | undefined;
}

/** What is done where the caller says nothing, whatever the run is; `runDefaults` has the rest. */
export const loopDefaults = {
  accumulate: 1,
  schedule: "linear",
  weightDecay: 0.01,
  clipNorm: 1,
  // Padding is not computed where a loss needs none, and batches of like rows learn worse: docs/why-not-faster.md has the figures.
  groupByLength: false,
  seed: 0,
} as const;

/** Options with all defaults. */
export type SettledOptions<Options extends LoopOptions> = Options & {
  readonly [Name in keyof typeof loopDefaults | "batchSize" | "learningRate" | "bestBy"]: NonNullable<
    LoopOptions[Name]
  >;
} & Pick<RunDefaults, "leastSteps" | "mostEpochs">;

/** The options with all defaults, those of the run among them. */
export function settled<Options extends LoopOptions>(
  { defaults }: { readonly defaults: RunDefaults },
  options: Options,
): SettledOptions<Options> {
  const { reasons: _, ...ofRun } = defaults;
  // What is not given has its default, which the type says.
  return { ...loopDefaults, ...ofRun, ...given(options) } as unknown as SettledOptions<Options>;
}

/** The options of a resumed run: what they leave open is as the run began. */
export function goingOn<Options extends LoopOptions>(
  { steps, batchSize, bestBy, ...begun }: BegunRun["options"],
  options: Options,
  rows: { readonly validation?: unknown; readonly validationShare?: number | undefined },
) {
  const length = options.epochs === undefined ? { steps } : {};
  const size = options.batchTokens === undefined ? { batchSize } : {};
  const isValidated = rows.validation !== undefined || (rows.validationShare ?? begun.validationShare ?? 0) > 0;
  const judge = isValidated ? { bestBy } : {};
  const watchRate = options.learningRate === undefined;
  return { ...begun, watchRate, ...given({ ...length, ...size, ...judge }), ...given(options) };
}
