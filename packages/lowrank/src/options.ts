// The options of the library's functions, and the list of their names for programs in plain JavaScript.

import type { Task } from "@lowrank/contracts/families";
import type { ProblemType } from "@lowrank/contracts/families/internal";
import type { OptionNames } from "@lowrank/contracts/internal";
import type { ReadOptions } from "@lowrank/data/internal";
import type { ChooseEngineOptions } from "@lowrank/engine/internal";
import type { MergeOptions } from "@lowrank/merge";
import type { GgufFileType } from "@lowrank/merge/gguf";
import type { ExportDtype } from "@lowrank/merge/internal";
import type { BasePrecision } from "@lowrank/models/internal";
import type { AdapterInput } from "./adapters/weighted-set.ts";
import type { EmbedOptions } from "./embed/embed-texts.ts";
import type { EvaluationOptions } from "./evaluate/evaluate-rows.ts";
import type { TextOptions } from "./generate/text-rules.ts";
import type { TextWriterOptions } from "./generate/text-writer.ts";
import type { NoticeOptions } from "./notices.ts";
import type { RowsInput } from "./platform.ts";
import type { PredictOptions } from "./predict/predict-rows.ts";
import type { ColumnOptions } from "./rows/read-rows.ts";
import type { KeepingOptions, LoopOptions, RowOptions, RunOptions } from "./train/training-options.ts";

/** How to open a model. */
export interface OpenModelOptions extends NoticeOptions {
  /** An adapter to attach, or a weighted sum of several. It may contain a head that the base lacks. */
  readonly adapter?: AdapterInput | undefined;
  /** Attach it even if it was trained on other files; names and shapes must still match. Default false. */
  readonly allowDifferentBase?: boolean | undefined;
  /** The head. Default: the head that the base's files or the adapter name. */
  readonly task?: Task | undefined;
  /** Number or names of the classes of a new classifier. */
  readonly classes?: number | readonly string[] | undefined;
  /** Kind of labels: one class per row, "regression" (one number; `classes` is 1 by default), or several classes per row. */
  readonly problemType?: ProblemType | undefined;
  /** Seed of a new classifier; default 0. */
  readonly seed?: number | undefined;
  /** Precision of the base's weights in memory: "float32" (default), "as-stored", "nf4" (QLoRA), "bf16" or "int8". */
  readonly basePrecision?: BasePrecision | undefined;
  /** Tokens to add to the tokenizer; an adapter trains their rows of the embedding tables. */
  readonly addTokens?: readonly string[] | undefined;
  /** Whether they are special tokens such as </s>, which generated text omits. */
  readonly addAsSpecial?: boolean | undefined;
  /** The engine; default: the best one that starts, chosen once per process. False: TensorFlow.js's current backend. */
  readonly engine?: ChooseEngineOptions | false | undefined;
  /** Stops loading between tensors. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each tensor of the base with the number of loaded tensors. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
  /** Replaces the platform's `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** An access token of the Hub, for private and gated repositories. */
  readonly accessToken?: string | undefined;
}

/** Options of `train`. */
export interface TrainingOptions
  extends RowOptions,
    LoopOptions,
    RunOptions,
    KeepingOptions,
    Pick<ReadOptions, "columns" | "header" | "onBrokenRows"> {
  /** Validation rows: measured, never trained on. */
  readonly validation?: RowsInput | undefined;
  /** Or: part of the rows to hold out for validation; rows with the same prompt stay together. */
  readonly validationShare?: number | undefined;
}

/** Options of `merge`. */
export interface MergedModelOptions extends Pick<MergeOptions, "tied"> {
  /** Type of the written weights. Default "F32", without rounding. */
  readonly dtype?: ExportDtype | undefined;
  /** Maximum difference between logits of the merged and the adapted model; default: from the size of the logits. */
  readonly tolerance?: number | undefined;
}

/** Options of GGUF files. */
export interface GgufOptions {
  /** Default: the types of the base if it is a .gguf file, else F16. */
  readonly type?: GgufFileType | "as-base" | undefined;
}

/** Options of ONNX files. */
export interface OnnxOptions {
  /** Which files to write: float32 weights, 8-bit weights or, by default, both. The names are those of transformers.js. */
  readonly dtype?: "fp32" | "q8" | undefined;
}

/** Options of `attach`. */
export interface AttachOptions {
  /** Default: "default", with a number if that name is taken. */
  readonly name?: string | undefined;
  /** Whether it will be trained on. Default false. */
  readonly trainable?: boolean | undefined;
  /** Attach it even if it was trained on another base; names and shapes must still match. Default false. */
  readonly allowDifferentBase?: boolean | undefined;
}

/** The adapter of a call. */
type WithAdapter = { readonly adapter?: unknown; readonly strength?: unknown };

const everyCall = { adapter: true, strength: true } as const;
const ofRows = { ...everyCall, columns: true, header: true, onBrokenRows: true } as const;

/** The options of each function, by the function's name. */
export const optionNames = {
  openModel: {
    adapter: true,
    allowDifferentBase: true,
    task: true,
    classes: true,
    problemType: true,
    seed: true,
    basePrecision: true,
    addTokens: true,
    addAsSpecial: true,
    engine: true,
    signal: true,
    onProgress: true,
    fetch: true,
    accessToken: true,
    onWarning: true,
    onNote: true,
  } satisfies OptionNames<OpenModelOptions>,
  generate: {
    ...everyCall,
    template: true,
    system: true,
    maxNewTokens: true,
    temperature: true,
    topK: true,
    topP: true,
    minP: true,
    repetitionPenalty: true,
    stop: true,
    seed: true,
    signal: true,
    logprobs: true,
    prefix: true,
    logitBias: true,
    schema: true,
    json: true,
  } satisfies OptionNames<TextOptions & WithAdapter>,
  evaluate: {
    ...ofRows,
    template: true,
    batchSize: true,
    maxLength: true,
    maxTargetLength: true,
    generate: true,
    maxNewTokens: true,
    loss: true,
    pooling: true,
    normalize: true,
    prompts: true,
    classNames: true,
    dimensions: true,
    reward: true,
    temperature: true,
    topP: true,
    rewardTimeout: true,
    rewardConcurrency: true,
  } satisfies OptionNames<EvaluationOptions & ColumnOptions & WithAdapter>,
  predict: {
    ...ofRows,
    batchSize: true,
    maxLength: true,
    signal: true,
    topK: true,
    threshold: true,
    mayBeNone: true,
    maxNewTokens: true,
    classNames: true,
  } satisfies OptionNames<PredictOptions & ColumnOptions & WithAdapter>,
  embed: {
    ...everyCall,
    pooling: true,
    normalize: true,
    batchSize: true,
    maxLength: true,
    signal: true,
    dimensions: true,
    promptName: true,
    onTokens: true,
  } satisfies OptionNames<EmbedOptions & WithAdapter>,
  writer: {
    maxRows: true,
    maxPositions: true,
    maxPromptTokens: true,
    maxWaiting: true,
  } satisfies OptionNames<TextWriterOptions>,
  merge: { tied: true, dtype: true, tolerance: true } satisfies OptionNames<MergedModelOptions>,
  gguf: { type: true } satisfies OptionNames<GgufOptions>,
  onnx: { dtype: true } satisfies OptionNames<OnnxOptions>,
  save: { overwrite: true } satisfies OptionNames<{ readonly overwrite?: boolean }>,
  adapt: { seed: true, name: true } satisfies OptionNames<{ readonly seed?: number; readonly name?: string }>,
  attach: { name: true, trainable: true, allowDifferentBase: true } satisfies OptionNames<AttachOptions>,
};
