// The description of one model family. A family is data: one file with a value of this type, and one line in `rows.ts`.

import type { SwitchName } from "./config-names.ts";
import type { ConfigTable } from "./config-table.ts";
import type { ConfigValues } from "./config-values.ts";
import type { Task } from "./task.ts";

/** Widths from a configuration, by the names that tables use. "memory": the recurrent state of linear attention and state-space layers. */
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
  "global-head": (config) => config.globalHeadSize,
  "global-queries": (config) => config.heads * config.globalHeadSize,
  "global-key-values": (config) => config.globalKeyValueHeads * config.globalHeadSize,
  "per-layer": (config) => config.perLayerSize,
  "all-per-layer": (config) => config.layers * config.perLayerSize,
  "per-layer-vocabulary": (config) => config.perLayerVocabulary,
  streams: (config) => config.streams,
  "squared-streams": (config) => config.streams ** 2,
  "laurel-rank": (config) => config.laurelRank,
  experts: (config) => config.experts,
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
  "double-shared-intermediate": (config) => 2 * config.sharedIntermediateSize,
  "shared-experts": (config) => config.sharedExperts * config.expertIntermediateSize,
  "query-rank": (config) => config.queryRank,
  "key-value-rank": (config) => config.keyValueRank,
  "key-value-rank-and-head": (config) => config.keyValueRank + config.headSize,
  "latent-queries": (config) => config.heads * (config.plainHeadSize + config.headSize),
  "latent-key-values": (config) => config.heads * (config.plainHeadSize + config.valueHeadSize),
  "latent-values": (config) => config.heads * config.valueHeadSize,
  labels: (config) => config.labels,
  projection: (config) => config.projectionSize,
  vision: (config) => config.visionSize,
  "merged-patches": (config) => config.visionSize * config.mergedSide ** 2,
  "memory-inputs": (config) =>
    2 * config.memoryKeyHeads * config.memoryKeySize + config.memoryHeads * config.memoryValueSize,
  "memory-values": (config) => config.memoryHeads * config.memoryValueSize,
  "memory-inputs-and-gates": (config) =>
    2 * config.memoryKeyHeads * config.memoryKeySize + 2 * config.memoryHeads * config.memoryValueSize,
  "memory-inputs-gates-and-steps": (config) =>
    2 * config.memoryKeyHeads * config.memoryKeySize + config.memoryHeads * (2 * config.memoryValueSize + 1),
  "memory-heads": (config) => config.memoryHeads,
  "double-memory-heads": (config) => 2 * config.memoryHeads,
  "memory-value": (config) => config.memoryValueSize,
} satisfies Readonly<Record<string, (config: ConfigValues) => number>>;

/** A width from the configuration, or a constant number of outputs. */
export type Width = keyof typeof widths | 1 | 2;

/** How a checkpoint stores a linear weight: torch's Linear as [out, in], GPT-2's Conv1D as [in, out]. */
type WeightLayout = "out-in" | "in-out";

/** The fields of every module row. Paths below the base model are written without its prefix: "h.{n}.attn.c_attn". */
interface ModuleRow {
  /** transformers' module path; `{n}` stands for the layer's index, `{m}` for that of a second stack, the decoder, `{s}` for a stage's. */
  readonly path: string;
  /** Tasks whose model has this module; absent means every task. */
  readonly tasks?: readonly Task[];
  /** Which layers have the module; absent means all. ModernBERT's first layer has no norm before attention. */
  readonly inLayers?: (config: ConfigValues, layer: number) => boolean;
  /** Whether a model of this configuration has the module; absent means that it does. */
  readonly when?: (config: ConfigValues) => boolean;
  /** Path of the tower whose configuration it uses; absent: the whole model's. */
  readonly tower?: string;
  /** Whether a checkpoint may lack the module; it is then newly initialized. */
  readonly newIfMissing?: boolean;
}

/** A linear layer y = x·W + b. */
export interface LinearRow extends ModuleRow {
  /** Marks the output layer, which "all-linear" does not adapt. */
  readonly role?: "output-head";
  readonly inFeatures: Width;
  readonly outFeatures: Width;
  /** A name means that setting of the configuration. */
  readonly bias: boolean | SwitchName;
  readonly layout: WeightLayout;
  /** The bias's parameter path while the head is tied, if that is not `<path>.bias`. */
  readonly biasPath?: string;
}

/** A table whose rows are looked up by index: [rows, columns]. */
export interface EmbeddingRow extends ModuleRow {
  readonly rows: Width;
  /** Default "hidden". */
  readonly columns?: Width;
  /** Unused rows at the start (OPT's two). */
  readonly extraRows?: number;
  /** The factor of looked-up rows: Gemma's root of the hidden size, Granite's own number. */
  readonly scale?: "root-of-hidden" | "root-of-per-layer" | "root-of-hidden-if-switched" | "embedding-scale";
  /** Path of the embedding whose table this one shares (T5's two stacks). */
  readonly sharedWith?: string;
  /** Whether the table is shared only in models whose head is tied too (BART). */
  readonly sharesOnlyIfTied?: boolean;
}

/** A normalization over the last axis; only layer norms have a bias. */
export interface NormRow extends ModuleRow {
  readonly kind: "layer" | "root-mean-square";
  /** A constant epsilon, for norms that ignore the file's value (Swin). */
  readonly epsilon?: number;
  /** False for a layer norm without a bias (Cohere 2); a name means that setting of the configuration. */
  readonly bias?: false | SwitchName;
  /** Default "hidden". */
  readonly width?: Width;
  /** Added to the gain in the file: 1 for Gemma. */
  readonly gainOffset?: number;
}

/** A weight that is not a linear layer, embedding or norm; its path is that of the parameter. */
export interface TensorRow extends ModuleRow {
  readonly shape: (config: ConfigValues) => readonly number[];
  /**
   * A "buffer" is stored, but never trained; an "unused" weight can be trained, but nothing computes with it. A file may lack both;
   * they are then 0, or have the values of `init`.
   */
  readonly kind: "parameter" | "buffer" | "unused";
  /** Initial values if not 0 (buffers) or normal (parameters); sinusoids are [positions, hidden]. */
  readonly init?: "sinusoids" | "ones";
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
  /** The base model's attribute, if it differs from the family's other models (LLaMA's question answering). */
  readonly basePrefix?: string;
}

/** A spelling that a checkpoint may use for part of a parameter path. */
export interface FileSpelling {
  /** The end of the file's key: ".LayerNorm.gamma"; `{n}` stands for the layer's index. With "." at its end the beginning of the key. */
  readonly file: string;
  /** The end of the parameter path, or its beginning: ".LayerNorm.weight". */
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

/** Weights that are one stack in a model, and one tensor for each expert in files. */
export interface StackedFileKeys {
  /** The end of the parameter path, with `{n}` for the layer: "layers.{n}.mlp.experts.gate_up_proj". */
  readonly path: string;
  /** Ends of the files' keys, with `{e}` for the expert: its rows come one after the other in this order. */
  readonly pieces: readonly string[];
}

/** A tensor of files with the rows of several weights of a model, in equal parts (NomicBERT's queries, keys and values). */
interface FusedFileKeys {
  /** The end of the file's key, with `{n}` for the layer: "layers.{n}.attn.Wqkv.weight". */
  readonly file: string;
  /** Ends of the parameter paths, in the order of the rows. */
  readonly paths: readonly string[];
}

/** The description of one model family. */
export interface Family {
  /** transformers' `model_type`. */
  readonly modelType: string;
  /** Whether each position sees only earlier ones. */
  readonly causal: boolean;
  /** Whether positions start after the padding id: RoBERTa's first token has row padTokenId + 1. */
  readonly positionsAfterPadding?: boolean;
  /** Whether positions are interpolated for images of other sizes. */
  readonly readsImagesOfAnySize?: boolean;
  /**
   * How decoder inputs are made if they are not given. `readsSource`: without labels, from the source (BART). `beginWithLast`: the last
   * token of the labels, which is the target's language, replaces the start token (mBART).
   */
  readonly decoderInputs?: { readonly readsSource?: true; readonly beginWithLast?: true };
  /** Class names of config.json's `architectures`, and their tasks. Export writes the first class of a task. */
  readonly architectures: ReadonlyMap<string, Task>;
  /** The attribute of the base model in a model with a head: "transformer"; "" if head and base have no separate attributes (T5). */
  readonly basePrefix: string;
  readonly config: ConfigTable;
  /** The towers that it is composed of. */
  readonly towers?: readonly TowerRow[];
  readonly embeddings: readonly EmbeddingRow[];
  readonly linears: readonly LinearRow[];
  readonly norms: readonly NormRow[];
  readonly tensors?: readonly TensorRow[];
  readonly heads: Readonly<Partial<Record<Task, HeadTable>>>;
  /** Ends of file keys without weights of the model: masks, position counters. */
  readonly ignoredFileKeys?: readonly string[];
  /** Parts of keys of whole modules that are not computed here ("vision_tower."); such tensors are ignored, too. */
  readonly ignoredFileParts?: readonly string[];
  /** Other names of the base model's attribute in files ("language_model.model"). */
  readonly otherPrefixes?: readonly string[];
  readonly fileSpellings?: readonly FileSpelling[];
  readonly stackedFileKeys?: readonly StackedFileKeys[];
  readonly fusedFileKeys?: readonly FusedFileKeys[];
}

/** A checked configuration. */
export interface ModelConfig extends ConfigValues {
  /** Its family, so that code with a configuration needs no table of all families. */
  readonly family: Family;
}
