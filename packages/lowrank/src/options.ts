// The options of the library's functions, with the names of all for programs that no compiler checks.

import type { OptionNames } from "@lowrank/contracts";
import type { ProblemType, Task } from "@lowrank/contracts/families";
import type { ReadOptions } from "@lowrank/data";
import type { ChooseEngineOptions } from "@lowrank/engine";
import type { ExportDtype, MergeOptions } from "@lowrank/merge";
import type { GgufFileType } from "@lowrank/merge/gguf";
import type { BasePrecision } from "@lowrank/models";
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
  /** An adapter to attach – or the weighted sum of several –, which may bring the head that the base lacks. */
  readonly adapter?: AdapterInput | undefined;
  /** Attach it even if it was made on other files than these; names and shapes must fit all the same. Default false. */
  readonly allowDifferentBase?: boolean | undefined;
  /** The head, where it is not the one that the base's files or the adapter name. */
  readonly task?: Task | undefined;
  /** Classes of a classifier to be made new: how many, or their names. */
  readonly classes?: number | readonly string[] | undefined;
  /** What a classifier is for: one class a row, a number ("regression", whose classes are 1 unless said), or any number of classes. */
  readonly problemType?: ProblemType | undefined;
  /** Seeds a new classifier; default 0. */
  readonly seed?: number | undefined;
  /** How the base's weights are kept: "float32" (default), "as-stored", "nf4" (QLoRA), "bf16" or "int8". */
  readonly basePrecision?: BasePrecision | undefined;
  /** Tokens to add to the tokenizer, whose rows of the model's tables an adapter trains. */
  readonly addTokens?: readonly string[] | undefined;
  /** Whether they are marks such as </s>, which generated text leaves out. */
  readonly addAsSpecial?: boolean | undefined;
  /** Which engine computes; default: the best that starts, once for the process. False: whatever TensorFlow.js has. */
  readonly engine?: ChooseEngineOptions | false | undefined;
  /** Stops the loading between tensors. */
  readonly signal?: AbortSignal | undefined;
  /** Hears after each of the base's tensors how many of all are there. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
  /** How to reach the Hub; default the platform's `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** A token of the Hub, for repositories that need one. */
  readonly accessToken?: string | undefined;
}

/** How `train` is told what to learn, and how. */
export interface TrainingOptions
  extends RowOptions,
    LoopOptions,
    RunOptions,
    KeepingOptions,
    Pick<ReadOptions, "columns" | "header" | "onBrokenRows"> {
  /** Rows that are measured on and not trained on. */
  readonly validation?: RowsInput | undefined;
  /** The share of the rows to hold out in their place, split by what a row is asked. */
  readonly validationShare?: number | undefined;
}

/** How to merge, and in which type to write. */
export interface MergedModelOptions extends Pick<MergeOptions, "tied"> {
  /** Default "F32": what is written is what was computed. */
  readonly dtype?: ExportDtype | undefined;
  /** By how much logits of the merged and the adapted model may differ; default: by how large they are. */
  readonly tolerance?: number | undefined;
}

/** How to write a GGUF file. */
export interface GgufOptions {
  /** Default: the base's own types where it is a .gguf file, else F16. */
  readonly type?: GgufFileType | "as-base" | undefined;
}

/** How to attach an adapter. */
export interface AttachOptions {
  /** Default: "default", with a number where that is taken. */
  readonly name?: string | undefined;
  /** Whether it will be trained on. Default false. */
  readonly trainable?: boolean | undefined;
  /** Attach it even if it was made on other files than the model's; names and shapes must fit all the same. Default false. */
  readonly allowDifferentBase?: boolean | undefined;
}

/** Which adapter acts, where a function asks. */
type WithAdapter = { readonly adapter?: unknown; readonly strength?: unknown };

export const openModelNames: OptionNames<OpenModelOptions> = {
  ...{ adapter: true, task: true, classes: true, seed: true, basePrecision: true, addTokens: true, addAsSpecial: true },
  ...{
    allowDifferentBase: true,
    problemType: true,
    engine: true,
    signal: true,
    onProgress: true,
    fetch: true,
    accessToken: true,
    onWarning: true,
    onNote: true,
  },
};

export const textNames: OptionNames<TextOptions & WithAdapter> = {
  ...{ adapter: true, template: true, system: true, maxNewTokens: true, temperature: true, topK: true, topP: true },
  ...{ minP: true, repetitionPenalty: true, stop: true, seed: true, signal: true, strength: true, logprobs: true },
  prefix: true,
};

export const writerNames: OptionNames<TextWriterOptions> = {
  ...{ maxRows: true, maxPositions: true, maxPromptTokens: true, maxWaiting: true },
};

export const evaluationNames: OptionNames<EvaluationOptions & ColumnOptions & WithAdapter> = {
  ...{
    adapter: true,
    strength: true,
    columns: true,
    header: true,
    onBrokenRows: true,
    template: true,
    batchSize: true,
  },
  ...{ maxLength: true, maxTargetLength: true, generate: true, maxNewTokens: true },
  ...{ loss: true, pooling: true, normalize: true, prompts: true, classNames: true },
};

export const predictNames: OptionNames<PredictOptions & ColumnOptions & WithAdapter> = {
  ...{ adapter: true, strength: true, columns: true, header: true, batchSize: true, maxLength: true, signal: true },
  ...{ topK: true, threshold: true, mayBeNone: true, onBrokenRows: true, maxNewTokens: true, classNames: true },
};

export const embedNames: OptionNames<EmbedOptions & WithAdapter> = {
  ...{ adapter: true, strength: true, pooling: true, normalize: true, batchSize: true, maxLength: true, signal: true },
  ...{ promptName: true, onTokens: true },
};

export const mergeNames: OptionNames<MergedModelOptions> = { tied: true, dtype: true, tolerance: true };
export const ggufNames: OptionNames<GgufOptions> = { type: true };
export const saveNames: OptionNames<{ readonly overwrite?: boolean }> = { overwrite: true };
export const adaptNames: OptionNames<{ readonly seed?: number; readonly name?: string }> = { seed: true, name: true };
export const attachNames: OptionNames<AttachOptions> = { name: true, trainable: true, allowDifferentBase: true };
