// What a training objective is: which rows it takes, and how a model learns from them. Callers ask what an objective has, never what
// it is called, so that a new one is a folder and a row of `objectives.ts`.

import type { ForwardContext } from "@lowrank/contracts";
import type { Task } from "@lowrank/contracts/families";
import type { ComparisonPrompts, Example, RowList, TokenBatch } from "@lowrank/data";
import type { EmbeddingRecipe, PretrainedModel } from "@lowrank/models";
import type * as tf from "@tensorflow/tfjs-core";
import type { RecipeFacts } from "../embed/embedding-recipe.ts";
import type { MediaReader } from "../media/prepare-media.ts";
import type { RowMetrics } from "../metric-names.ts";
import type { Notices } from "../notices.ts";
import type { OpenedBase } from "../open/open-base.ts";
import type { Platform } from "../platform.ts";
import type { MeasuredFiles } from "../rows/measured-batches.ts";
import type { RowNumbers } from "../rows/row-kinds.ts";
import type { TokenizeAllOptions } from "../rows/tokens/tokenize-rows.ts";

/** One objective. `Options` are the options of a run that it reads by itself. */
export interface Objective<Options = object> {
  /** What one of its rows has, for messages: "texts to compare". */
  readonly rows: string;
  /** Whether a row of a data file is one of its rows; the first objective of the table that says so has it. */
  takes(row: Example): boolean;
  /** The head that its rows need; absent where the model or the command says it. */
  readonly task?: Task;
  /** Options of a run that act here and not for every objective. */
  readonly options: readonly (keyof Options | "labelSmoothing" | "template" | "classNames")[];
  /** Whether a template writes its rows as text. */
  readonly hasText?: true;
  /** Whether its rows have classes or numbers as labels. */
  readonly hasLabels?: true;
  /** Whether its rows are pictures. */
  readonly hasPictures?: true;
  /** Whether it trains a head that may be new: that takes more steps. */
  readonly hasHead?: true;
  /** Whether a model that reads texts in pairs can judge its rows, too. */
  readonly mayBePairs?: true;
  /** The learning rate and its reason, where the model's size and task alone do not decide it. */
  rate?(ofModel: ModelRate): readonly [rate: number, reason: string];
  /** The row of text that stands for one of its rows where answers are measured; undefined where none does. */
  textOf?(row: Example): Example | undefined;
  /** Throws WrongTaskError for a model that cannot learn from its rows. */
  refuse?(model: PretrainedModel, rows: LearnedRows): void;
  /** How a run learns. Throws for rows and options that do not go together. */
  plan(source: RecipeFacts, rows: LearnedRows, options: Options): LearningPlan | Promise<LearningPlan>;
  /** What is measured on some of its rows in addition to what `plan` measures; `textOf` of each row, where there is one, is measured, too. */
  evaluate?(opened: OpenedBase, rows: RowList<Example>, how: EvaluationRequest): Promise<ExtraScores>;
}

/** What the size of a model says of its learning rate. */
interface ModelRate {
  readonly rate: number;
  /** The size in words. */
  readonly size: string;
  /** The highest rate of models that read texts. */
  readonly encoderRate: number;
}

/** The rows to train and to validate on, and the files and numbers by which messages name them. */
export interface LearnedRows {
  readonly file: string;
  readonly train: RowList<Example>;
  /** Empty where nothing is held out. */
  readonly validation: RowList<Example>;
  readonly validationFile: string;
  /** The numbers in their files, counted from 1, of the rows at a place: a split moves rows. */
  readonly numbers: Readonly<Record<"train" | "validation", RowNumbers>>;
}

/** How a run learns. */
export interface LearningPlan {
  /** Its name in a run's fingerprint: old runs resume by it. */
  readonly kind: string;
  /** The loss and its settings in words, in the fingerprint, too; absent for the loss that the model's head has of its own. */
  readonly words?: string;
  /** Whether rows of a batch are compared with each other, so that the loss of a share of a batch is another one. */
  readonly comparesNeighbours?: boolean;
  /** Whether a start that looks at rows learns from them by this loss; else by the model's own. */
  readonly initsByLoss?: true;
  /** What is written before texts that are compared. */
  readonly prompts?: ComparisonPrompts;
  /** How states become embeddings. */
  readonly recipe?: EmbeddingRecipe;
  /** The mean of a batch. The caller owns the result. */
  loss(model: PretrainedModel, batch: TokenBatch, how: LossOptions): tf.Scalar;
  /** The loss and whatever else tells how well the rows are learnt. */
  measure(model: PretrainedModel, data: MeasuredFiles, how: Measuring): Promise<RowMetrics>;
}

/** How a loss is made. */
export interface LossOptions {
  readonly context: ForwardContext;
  readonly padId: number;
}

/** How rows are measured. */
export interface Measuring {
  readonly context: ForwardContext;
  /** Stops between batches; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told after each batch how many rows it had. */
  readonly onRows?: ((rows: number) => void) | undefined;
}

/** How rows are evaluated. */
export interface EvaluationRequest extends TokenizeAllOptions {
  readonly platform: MediaReader["platform"] & Pick<Platform, "keepRows">;
  readonly batchSize: number;
  readonly padId: number;
  readonly maxNewTokens: number;
  /** Whether the model writes after each prompt. */
  readonly generate: boolean;
  readonly loss: string | undefined;
  readonly notices: Notices;
}

/** What an evaluation measures besides. */
export interface ExtraScores extends Omit<Partial<RowMetrics>, "loss"> {
  /** Of what the model writes after each prompt, 0 to 100; with `generate`. */
  readonly bleu?: number;
  /** Of what the model hears in each sound, 0 for none wrong; with `generate`. */
  readonly wordErrorRate?: number;
}
