// What is written down of one model family. A family is data: one file that fills this type, and one line in `rows.ts`.

import type { SwitchName } from "./config-names.ts";
import type { ConfigTable } from "./config-table.ts";
import type { ConfigValues } from "./config-values.ts";
import type { Task } from "./task.ts";

/** Widths that a configuration decides, by the names that tables call them. */
export const widths = {
  hidden: (config) => config.hiddenSize,
  embedding: (config) => config.embeddingSize,
  "double-hidden": (config) => 2 * config.hiddenSize,
  "triple-hidden": (config) => 3 * config.hiddenSize,
  "quadruple-hidden": (config) => 4 * config.hiddenSize,
  intermediate: (config) => config.intermediateSize,
  "double-intermediate": (config) => 2 * config.intermediateSize,
  "queries-keys-values": (config) => (config.heads + 2 * config.keyValueHeads) * config.headSize,
  head: (config) => config.headSize,
  queries: (config) => config.heads * config.headSize,
  "double-queries": (config) => 2 * config.heads * config.headSize,
  "key-values": (config) => config.keyValueHeads * config.headSize,
  vocabulary: (config) => config.vocabularySize,
  positions: (config) => config.maxPositions,
  "token-types": (config) => config.tokenTypes,
  "decoder-intermediate": (config) => config.decoderIntermediateSize,
  heads: (config) => config.heads,
  "position-buckets": (config) => config.positionBuckets,
  "double-position-buckets": (config) => 2 * config.positionBuckets,
  "shared-intermediate": (config) => config.sharedIntermediateSize,
  labels: (config) => config.labels,
  projection: (config) => config.projectionSize,
  "memory-inputs": (config) =>
    2 * config.memoryKeyHeads * config.memoryKeySize + config.memoryHeads * config.memoryValueSize,
  "memory-values": (config) => config.memoryHeads * config.memoryValueSize,
  "memory-heads": (config) => config.memoryHeads,
  "memory-value": (config) => config.memoryValueSize,
} satisfies Readonly<Record<string, (config: ConfigValues) => number>>;

/** A width that the configuration decides, or a number of outputs that is always the same. */
export type Width = keyof typeof widths | 1 | 2;

/** How a checkpoint stores a linear weight: torch's Linear as [out, in], GPT-2's Conv1D as [in, out]. */
type WeightLayout = "out-in" | "in-out";

/** What every module row has. Paths below the base model are written without its prefix: "h.{n}.attn.c_attn". */
interface ModuleRow {
  /** transformers' module path; `{n}` stands for the layer's index, `{m}` for that of a second stack, the decoder, `{s}` for a stage's. */
  readonly path: string;
  /** Tasks whose model has this module; absent means every task. */
  readonly tasks?: readonly Task[];
  /** Which layers have the module; absent means all: ModernBERT's first has no norm in front. */
  readonly inLayers?: (config: ConfigValues, layer: number) => boolean;
  /** Whether a model of this configuration has the module; absent means that it does. */
  readonly when?: (config: ConfigValues) => boolean;
  /** Path of the tower by whose configuration it is made; absent: that of the whole model. */
  readonly tower?: string;
  /** True where a checkpoint may lack the module and it is then made new. */
  readonly newIfMissing?: boolean;
}

/** A linear map y = x·W + b. */
export interface LinearRow extends ModuleRow {
  /** Where its outputs are a model's answers: what "all-linear" adapts ends in front of it. */
  readonly role?: "output-head";
  readonly inFeatures: Width;
  readonly outFeatures: Width;
  /** A name stands for the configuration's switch. */
  readonly bias: boolean | SwitchName;
  readonly layout: WeightLayout;
  /** The bias's parameter path while the head is tied, where that is not `<path>.bias`. */
  readonly biasPath?: string;
}

/** A table whose rows are looked up by index: [rows, columns]. */
export interface EmbeddingRow extends ModuleRow {
  readonly rows: Width;
  /** Default "hidden". */
  readonly columns?: Width;
  /** Rows in front that no position uses (OPT's two). */
  readonly extraRows?: number;
  /** What looked-up rows are multiplied by: Gemma's root of the hidden size, Granite's own number. */
  readonly scale?: "root-of-hidden" | "root-of-hidden-if-switched" | "embedding-scale";
  /** Path of the embedding whose table this one shares (T5's two stacks). */
  readonly sharedWith?: string;
  /** True where the table is shared only in models whose head is tied too (BART). */
  readonly sharesOnlyIfTied?: boolean;
}

/** A normalisation over the last axis; only layer norms have a bias. */
export interface NormRow extends ModuleRow {
  readonly kind: "layer" | "root-mean-square";
  /** What keeps its divisor from 0, where the file's number does not count (Swin). */
  readonly epsilon?: number;
  /** False where a layer norm has none (Cohere 2); a name stands for the configuration's switch. */
  readonly bias?: false | SwitchName;
  /** Default "hidden". */
  readonly width?: Width;
  /** Added to the gain that the file holds: 1 for Gemma. */
  readonly gainOffset?: number;
}

/** A weight that is no linear map, embedding or norm; its path is that of the parameter. */
export interface TensorRow extends ModuleRow {
  readonly shape: (config: ConfigValues) => readonly number[];
  /**
   * A buffer is stored, but never trained; "unused" can be trained, but nothing computes with it. A file may lack both, and
   * then they are 0 unless `otherwise` says more.
   */
  readonly kind: "parameter" | "buffer" | "unused";
  /** What a buffer is where a file lacks it, if not 0: sinusoids over [positions, hidden]. */
  readonly otherwise?: "sinusoids";
  /** True for a stack of matrices stored [experts, inFeatures, outFeatures]. */
  readonly isStackedInOut?: boolean;
}

/** Two modules that share one weight when `config.tiedEmbeddings` is set: the head's is absent from the file. */
interface TieRow {
  /** Full module path of the head: "lm_head". */
  readonly head: string;
  /** Path of the input embedding below the base model: "wte". */
  readonly embedding: string;
}

/** Modules on top of the base model for one task; paths are complete. */
export interface HeadTable {
  readonly linears: readonly LinearRow[];
  readonly norms?: readonly NormRow[];
  readonly tensors?: readonly TensorRow[];
  readonly tie?: TieRow;
  /** Where the base model lies under another attribute than in the family's other models (LLaMA's question answering). */
  readonly basePrefix?: string;
}

/** A spelling that a checkpoint may use for part of a parameter path. */
export interface FileSpelling {
  /** The end of the file's key: ".LayerNorm.gamma"; `{n}` stands for the layer's index. */
  readonly file: string;
  /** The end of the parameter path: ".LayerNorm.weight". */
  readonly path: string;
}

/** A model inside a model, with a configuration of its own in config.json. */
export interface TowerRow {
  readonly path: string;
  readonly key: string;
  readonly family: Family;
  /** Tasks whose model has it; absent means every task. */
  readonly tasks?: readonly Task[];
}

/** Weights of which files hold one a piece, where a model has one for all (experts). */
export interface StackedFileKeys {
  /** The end of the parameter path, with `{n}` for the layer: "layers.{n}.mlp.experts.gate_up_proj". */
  readonly path: string;
  /** Ends of the files' keys, with `{e}` for the expert: its rows come one after the other in this order. */
  readonly pieces: readonly string[];
}

/** A tensor of files whose rows are those of several of a model's weights, in equal parts (NomicBERT's queries, keys and values). */
interface FusedFileKeys {
  /** The end of the file's key, with `{n}` for the layer: "layers.{n}.attn.Wqkv.weight". */
  readonly file: string;
  /** Ends of the parameter paths, in the order of the rows. */
  readonly paths: readonly string[];
}

/** Everything known of one model family. */
export interface Family {
  /** transformers' `model_type`. */
  readonly modelType: string;
  /** Whether each position sees only earlier ones. */
  readonly causal: boolean;
  /** True where positions count the tokens behind the padding id: RoBERTa's first token stands in row padTokenId + 1. */
  readonly positionsAfterPadding?: boolean;
  /** True where positions are stretched over images of another size than the configured one. */
  readonly readsImagesOfAnySize?: boolean;
  /**
   * What a decoder reads where nobody gives it: the source where there are no labels to make it from (BART), and labels with
   * their last token in front of the first, as a target ends with its language (mBART), instead of the start token.
   */
  readonly decoderInputs?: { readonly readsSource?: true; readonly beginWithLast?: true };
  /** Class names of config.json's `architectures` and what they are for; the first of a task is written on export. */
  readonly architectures: ReadonlyMap<string, Task>;
  /**
   * The attribute under which a model with a head keeps its base model: "transformer"; "" where the modules of
   * both lie side by side (T5).
   */
  readonly basePrefix: string;
  readonly config: ConfigTable;
  /** Models that it is put together from. */
  readonly towers?: readonly TowerRow[];
  readonly embeddings: readonly EmbeddingRow[];
  readonly linears: readonly LinearRow[];
  readonly norms: readonly NormRow[];
  readonly tensors?: readonly TensorRow[];
  readonly heads: Readonly<Partial<Record<Task, HeadTable>>>;
  /** Ends of file keys that hold no weights of the model: masks, position counters. */
  readonly ignoredFileKeys?: readonly string[];
  /** The same of whole modules that are not computed here: parts of keys ("vision_tower."). */
  readonly ignoredFileParts?: readonly string[];
  /** What else files call the base model's attribute ("language_model.model"). */
  readonly otherPrefixes?: readonly string[];
  readonly fileSpellings?: readonly FileSpelling[];
  readonly stackedFileKeys?: readonly StackedFileKeys[];
  readonly fusedFileKeys?: readonly FusedFileKeys[];
}

/** A checked configuration. */
export interface ModelConfig extends ConfigValues {
  /** The family that it is of: whoever has a configuration needs no table of all families. */
  readonly family: Family;
}
