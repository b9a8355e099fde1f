// The interface of a training objective: which rows it takes, and how a model learns from them. Callers use these members, never the
// objective's name, so a new objective is a folder and a row of `objectives.ts`.

import type { ForwardContext, WarningListener } from "@lowrank/contracts";
import type { Task } from "@lowrank/contracts/families";
import type { JsonObject } from "@lowrank/contracts/internal";
import type { Example, TokenBatch } from "@lowrank/data";
import type { ComparisonPrompts, RowList, TokenizedExample } from "@lowrank/data/internal";
import type { AdapterHandle } from "@lowrank/inject";
import type { PretrainedModel } from "@lowrank/models";
import type { EmbeddingSettings, PolicyTargets } from "@lowrank/models/internal";
import type * as tf from "@tensorflow/tfjs-core";
import type { EmbeddingSource } from "../embed/embedding-settings.ts";
import type { MediaReader } from "../media/prepare-media.ts";
import type { MetricName, RowMetrics } from "../metric-names.ts";
import type { Notices } from "../notices.ts";
import type { OpenedBase } from "../open/open-base.ts";
import type { Platform } from "../platform.ts";
import type { MeasuredFiles } from "../rows/measured-batches.ts";
import type { RowNumbers } from "../rows/row-kinds.ts";
import type { TokenizeAllOptions } from "../rows/tokens/tokenize-rows.ts";

/** One objective. `Options` are the run options that it reads itself. */
export interface Objective<Options = object> {
  /** Its rows in words, for messages: "texts to compare". */
  readonly rows: string;
  /** Whether a row of a data file is one of its rows; the first objective of the table that accepts a row gets it. */
  takes(row: Example): boolean;
  /** The head that its rows need; undefined if the model or the command decides it. */
  readonly task?: Task;
  /** Run options that act here but not for every objective. */
  readonly options: readonly (keyof Options | "labelSmoothing" | "template" | "classNames")[];
  /** Whether a template writes its rows as text. */
  readonly hasText?: true;
  /** Whether its rows have classes or numbers as labels. */
  readonly hasLabels?: true;
  /** Whether its rows are images. */
  readonly hasPictures?: true;
  /** Whether it trains a head that may be new, which takes more steps. */
  readonly hasHead?: true;
  /** Whether a classifier with one output, a cross-encoder or a reward model, can also learn from its rows. */
  readonly mayKeepClassifier?: true;
  /** Prompts in a batch by default and the reason, if it is not the default of rows. */
  readonly batchSize?: readonly [rows: number, reason: string];
  /** The metric of the best validation by default, if it is not the loss or the accuracy. */
  readonly bestBy?: MetricName;
  /** The learning rate and its reason, if they depend on more than the model's size and task. */
  rate?(ofModel: ModelRate): readonly [rate: number, reason: string];
  /** Its row as a row of text for measuring answers; undefined if there is none. */
  textOf?(row: Example): Example | undefined;
  /** Throws WrongTaskError for a model that cannot learn from its rows. */
  refuse?(model: PretrainedModel, rows: LearnedRows): void;
  /** The plan of a run. Throws for rows and options that do not fit together. */
  plan(source: EmbeddingSource, rows: LearnedRows, options: Options): LearningPlan | Promise<LearningPlan>;
  /** Metrics that only `evaluate` measures, in addition to those of `plan`; the rows of `textOf` are measured, too. */
  evaluate?(opened: OpenedBase, rows: RowList<Example>, how: EvaluationRequest): Promise<ExtraScores>;
}

/** The learning rate for a model's size. */
interface ModelRate {
  readonly rate: number;
  /** The size in words. */
  readonly size: string;
  /** The highest rate for models that read text. */
  readonly encoderRate: number;
}

/** Training and validation rows, with the files and row numbers for messages. */
export interface LearnedRows {
  readonly file: string;
  readonly train: RowList<Example>;
  /** Empty if nothing is held out. */
  readonly validation: RowList<Example>;
  readonly validationFile: string;
  /** The row number in its file, counted from 1, for an index: a split moves rows. */
  readonly numbers: Readonly<Record<"train" | "validation", RowNumbers>>;
}

/** How a run computes its loss and its metrics. */
export interface LearningPlan {
  /** Its name in a run's fingerprint; old runs resume by it. */
  readonly kind: string;
  /** The loss and its settings in words, also in the fingerprint; undefined for the loss of the model's head. */
  readonly words?: string;
  /** Whether the loss compares rows of a batch with each other, so it cannot be computed for a part of a batch. */
  readonly comparesNeighbours?: boolean;
  /** Whether an initialization that uses data uses this loss; else it uses the model's own. */
  readonly measuresInitsByLoss?: true;
  /** Prompts before texts to compare. */
  readonly prompts?: ComparisonPrompts;
  /** How states become embeddings. */
  readonly embedding?: EmbeddingSettings;
  /** For batches that the model writes: the number of steps with each, and the batches. */
  readonly written?: {
    readonly numIterations: number;
    readonly maxCompletionLength: number;
    start(run: WritingRun): WrittenBatches;
  };
  /** The mean loss of a batch. The caller owns the result. */
  loss(model: PretrainedModel, batch: RunBatch, how: LossOptions): tf.Scalar;
  /** The loss and all other metrics. */
  measure(model: PretrainedModel, data: MeasuredFiles, how: Measuring): Promise<RowMetrics>;
}

/** A batch of a run. */
export interface RunBatch extends TokenBatch {
  /** For completions that the model wrote: what their loss needs, and the factor on it. */
  readonly policy?: PolicyTargets & { readonly share: number };
  /** Parts of the batch, for their gradients one after the other. */
  readonly parts?: readonly RunBatch[];
  readonly metrics?: Readonly<Record<string, number>>;
}

/** What written batches depend on. */
export interface WritingRun {
  readonly model: PretrainedModel;
  /** The trained adapter. */
  readonly adapter: Pick<AdapterHandle, "name" | "config">;
  readonly examples: RowList<TokenizedExample>;
  readonly padId: number;
  readonly seed: number;
  /** Batches of a step. */
  readonly gradientAccumulationSteps: number;
  /** The examples of each batch of an epoch, by their numbers. */
  order(epoch: number): readonly (readonly number[])[];
  /** The state of the interrupted run, if its last step was not the last one of its completions. */
  readonly resumed?: JsonObject | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onWarning?: WarningListener | undefined;
  /** Receives samples of what the model writes. */
  readonly note?: ((line: string) => void) | undefined;
}

/** Batches that the model writes during the run, each when its step is due. */
export interface WrittenBatches {
  /** The batches of an epoch; the first `unseen` ones are empty, because the interrupted run has used them. */
  batches(epoch: number, unseen: number): AsyncGenerator<RunBatch, void, undefined>;
  /** What a checkpoint needs in addition to the position; undefined for nothing. */
  state(): JsonObject | undefined;
}

/** Input of a loss. */
export interface LossOptions {
  readonly context: ForwardContext;
  readonly padId: number;
}

/** Input of a measurement. */
export interface Measuring {
  readonly context: ForwardContext;
  /** Stops between batches; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch with its number of rows. */
  readonly onRows?: ((rows: number) => void) | undefined;
}

/** Input of an evaluation. */
export interface EvaluationRequest extends TokenizeAllOptions {
  readonly platform: MediaReader["platform"] & Pick<Platform, "keepRows">;
  readonly batchSize: number;
  readonly padId: number;
  readonly maxNewTokens: number;
  /** Whether the model generates text after each prompt. */
  readonly generate: boolean;
  readonly loss: string | undefined;
  readonly notices: Notices;
}

/** Additional metrics of an evaluation. */
export interface ExtraScores extends Omit<Partial<RowMetrics>, "loss"> {
  /** BLEU of generated text, 0 to 100; with `generate`. */
  readonly bleu?: number;
  /** Word error rate of transcripts, 0 for no error; with `generate`. */
  readonly wordErrorRate?: number;
}
